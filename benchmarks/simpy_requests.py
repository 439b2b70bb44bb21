"""The yardstick: requests and their servers as one writes them in SimPy by hand, a process a request and a Resource a queue."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import simpy

from benchmarks.subject import MEAN, Outcome, Subject

Process = Iterator[Any]


def requests(subject: Subject, servers: int, number: int) -> Outcome:
    """So many requests, and all of their answers."""
    env, rng = simpy.Environment(), random.Random(7)
    fleet = FLEETS[subject.balancer](env, rng, servers)
    attempts, served, total = 0, 0, 0.0

    def arrivals() -> Process:
        life = impatient if subject.attempts > 1 else patient
        for _ in range(number):
            yield env.timeout(rng.expovariate(subject.rate(servers)))
            env.process(life())

    def patient() -> Process:
        nonlocal attempts, served, total
        born = env.now
        attempts += 1
        server = fleet.choose()
        with server.request() as turn:
            yield turn
            yield env.timeout(rng.expovariate(1 / MEAN))
        fleet.leave(server)
        served += 1
        total += env.now - born

    def impatient() -> Process:
        nonlocal attempts, served, total
        born = env.now
        for attempt in range(subject.attempts):
            if attempt:
                yield env.timeout(subject.backoff * 2 ** (attempt - 1) * (1 - rng.random()))
            attempts += 1
            service = env.process(serve())
            yield service | env.timeout(subject.timeout)
            if service.processed:
                served += 1
                total += env.now - born
                return

    def serve() -> Process:  # to the end, even if the client has left
        with fleet.choose().request() as turn:
            yield turn
            yield env.timeout(rng.expovariate(1 / MEAN))

    env.process(arrivals())
    env.run()
    return Outcome(number, attempts, total / served)


class Central:
    """One queue for all servers."""

    def __init__(self, env: simpy.Environment, rng: random.Random, servers: int) -> None:
        self.queue = simpy.Resource(env, capacity=servers)

    def choose(self) -> simpy.Resource:
        return self.queue

    def leave(self, server: simpy.Resource) -> None:
        pass


class Random:
    """A queue a server, any of which will do."""

    def __init__(self, env: simpy.Environment, rng: random.Random, servers: int) -> None:
        self.rng = rng
        self.servers = [simpy.Resource(env) for _ in range(servers)]

    def choose(self) -> simpy.Resource:
        return self.rng.choice(self.servers)

    def leave(self, server: simpy.Resource) -> None:
        pass


class RoundRobin(Random):
    """A queue a server, one after another."""

    def __init__(self, env: simpy.Environment, rng: random.Random, servers: int) -> None:
        super().__init__(env, rng, servers)
        self.choose = cycle(self.servers).__next__


class Choices(Random):
    """A queue a server, the better of two."""

    def choose(self) -> simpy.Resource:
        one = other = self.rng.choice(self.servers)
        while other is one:
            other = self.rng.choice(self.servers)
        return other if self.holds(other) < self.holds(one) else one

    def holds(self, server: simpy.Resource) -> int:
        return server.count + len(server.queue)


class LeastConnections(Random):
    """A queue a server, the one that holds least: servers stand in ranks by what they hold, so that nobody looks at all of them."""

    def __init__(self, env: simpy.Environment, rng: random.Random, servers: int) -> None:
        super().__init__(env, rng, servers)
        self.held = dict.fromkeys(self.servers, 0)
        self.ranks = [OrderedDict.fromkeys(self.servers)]
        self.least = 0

    def choose(self) -> simpy.Resource:
        while not self.ranks[self.least]:
            self.least += 1
        server, _ = self.ranks[self.least].popitem(last=False)
        self.enter(server, self.least + 1)
        return server

    def leave(self, server: simpy.Resource) -> None:
        held = self.held[server]
        del self.ranks[held][server]
        self.enter(server, held - 1)
        self.least = min(self.least, held - 1)

    def enter(self, server: simpy.Resource, held: int) -> None:
        self.held[server] = held
        if held == len(self.ranks):
            self.ranks.append(OrderedDict())
        self.ranks[held][server] = None


FLEETS = {"central": Central, "random": Random, "round_robin": RoundRobin, "choices": Choices, "least_connections": LeastConnections}
