"""Requests in SimPy: every request and every attempt a process of its own, slow and plain, as a second opinion on the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from math import ceil, exp, floor, inf, isnan, log1p, nan, sqrt
from typing import NamedTuple

from simpy import Environment, Event, Interrupt, Process

from simulator import Run, Scenario
from simulator.draws import GOLDEN, MASK, Draws
from simulator.fleets.part import FleetPart
from simulator.laws import Law
from simulator.polyline import Polyline
from simulator.record import PLANNED
from simulator.serving import Client as Terms

LATE, NEXT, LAST = 2, 3, 4  # SimPy's own events come at 0 and 1; what ends at a deadline is in time, then others arrive, then servers come and go;
# those of the start are there before anybody comes
MEMORY = 10.0  # seconds, of a budget of retries


class Happening(NamedTuple):
    """What is done to a server: `join`, `drained`, `refusing`, `silent`, `pace` or `err`."""

    time: float
    fleet: str
    server: str
    slot: int
    act: str
    speed: float = 1.0  # or the share of its answers that are errors


def happenings(run: Run) -> Iterator[Happening]:
    """When each server of a run came into service and went out of it, and how."""
    serving: set[tuple[str, str]] = set()
    for row in run.record.frame("transitions").itertuples():
        server = row.fleet, row.server
        if row.capacity_rps > 0 and server not in serving:
            serving.add(server)
            yield Happening(row.time_s, *server, row.slot, "join")
        elif row.capacity_rps == 0 and server in serving:
            serving.remove(server)
            yield Happening(row.time_s, *server, row.slot, "silent" if row.phase == "hold" else "drained" if row.cause in PLANNED else "refusing")


def reference(scenario: Scenario, policy: str, replication: int, acts: Iterable[Happening]) -> list[Attempt]:
    """All attempts of a run whose servers come and go in this way, in the order of their coming."""
    world = World(scenario, policy, replication)
    world.process(world.control(acts))
    end = scenario.horizon + scenario.requests.drain
    while world.peek() <= end:
        world.step()
    for attempt in world.attempts:
        if attempt.line and attempt in attempt.line.waiting:
            attempt.waits.append((attempt.line.waiting[attempt], inf))
    return world.attempts


@dataclass(eq=False)
class Attempt:
    """One try of a client at a fleet: its row in the record, and where it stands."""

    fleet: str
    request: int
    number: int
    born: float
    came: float
    work: float  # seconds that are left at full speed
    patience: float
    over: Event  # its client has an answer, or has left
    turn: Event  # a worker is free for it
    stream: str  # what its client's draws are keyed by
    story: Process | None = None
    line: Line | None = None
    server: Server | None = None
    slot: int = -1
    start: float = nan
    end: float = nan
    gone: float = inf  # also from its server
    waits: list[tuple[float, float]] = field(default_factory=list)  # in its line, from when to when
    calls: bool = False
    final: str = ""  # what has become of its request, where nothing is tried after it
    outcome: str = ""

    @property
    def key(self) -> int:
        """What its draws are keyed by."""
        return self.request * 16 + self.number

    def ends(self, outcome: str) -> None:
        """What its client sees of it, unless it has left before."""
        if not self.over.triggered:
            self.outcome, self.end = outcome, self.over.env.now
            self.over.succeed()


@dataclass(eq=False)
class Line:
    """Those who wait, first come first served, and the servers with a free worker, the one that has had one longest first."""

    env: Environment
    places: float
    waiting: dict[Attempt, float] = field(default_factory=dict)  # since when
    idle: list[Server] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return not self.idle and len(self.waiting) >= self.places

    def join(self, attempt: Attempt) -> None:
        """Stand at its end."""
        attempt.line, self.waiting[attempt] = self, self.env.now
        self.match()

    def rejoin(self, attempts: list[Attempt]) -> None:
        """Stand at its head, with what is left of the work."""
        for attempt in attempts:
            attempt.turn, attempt.slot = self.env.event(), -1
            attempt.story.interrupt("resumed")
        self.waiting = dict.fromkeys(attempts, self.env.now) | self.waiting
        self.match()

    def leave(self, attempt: Attempt) -> None:
        if attempt in self.waiting:
            attempt.waits.append((self.waiting.pop(attempt), self.env.now))

    def match(self) -> None:
        """Whoever can begins."""
        while self.waiting and self.idle:
            attempt = next(iter(self.waiting))
            self.leave(attempt)
            self.idle[0].take(attempt)


@dataclass(eq=False)
class Server:
    """A server in its slot: its workers, and all it holds."""

    slot: int
    workers: int
    line: Line
    steps: Iterator[int]
    state: str = ""  # what was done to it last
    speed: float = 1.0
    errors: float = 0.0  # the share of its answers
    busy: list[Attempt] = field(default_factory=list)  # in the order of their start
    held: list[Attempt] = field(default_factory=list)  # in the order of their coming
    changed: int = 0  # the step at which the number of those it holds changed last
    news: int = 0  # how often something was done to it

    def hold(self, attempt: Attempt) -> None:
        attempt.server, attempt.slot, self.changed = self, self.slot, next(self.steps)
        self.held.append(attempt)

    def let_go(self, attempt: Attempt) -> None:
        if attempt in self.held:
            self.held.remove(attempt)
            self.changed = next(self.steps)

    def take(self, attempt: Attempt) -> None:
        """A worker begins."""
        if attempt not in self.held:
            self.hold(attempt)
        self.busy.append(attempt)
        if len(self.busy) == self.workers:
            self.line.idle.remove(self)
        attempt.start = self.line.env.now if isnan(attempt.start) else attempt.start
        attempt.turn.succeed()

    def release(self, attempt: Attempt) -> None:
        """The worker that it has, if it has one, is free for others."""
        if attempt in self.busy:
            self.busy.remove(attempt)
            self.offer()

    def offer(self) -> None:
        """Look for work, if a worker is free and the server takes any."""
        if self.state in ("join", "emptying") and len(self.busy) < self.workers and self not in self.line.idle:
            self.line.idle.append(self)
            self.line.match()

    def rest(self) -> list[Attempt]:
        """Begin nothing any more; returns whom it has begun to work on."""
        if self in self.line.idle:
            self.line.idle.remove(self)
        begun, self.busy = self.busy, []
        return begun

    def tell(self, cause: str) -> None:
        """All it holds gets to know."""
        for attempt in self.held:
            attempt.story.interrupt(cause)


class Fleet:
    """Who is in rotation, and what becomes of an attempt that comes."""

    def __init__(self, world: World, name: str, part: FleetPart) -> None:
        self.world, self.name, self.part = world, name, part
        self.central = part.balancer.kind == "central"
        self.line = self.new_line()  # the one of a central queue
        self.servers: dict[str, Server] = {}
        self.rotation: list[Server] = []
        self.turn = 0  # whose it is, where they take turns
        self.clients = {need: Client(world, edge, need, 0.0) for need, edge in part.needs.items()}

    def new_line(self) -> Line:
        return Line(self.world, inf if self.part.queue is None else self.part.queue)

    # An attempt

    def visit(self, attempt: Attempt) -> Iterator[Event]:
        """Be sent to a server, wait, be worked on, have calls made, and be answered."""
        try:
            outcome = yield from self.course(attempt)
        except Interrupt as trouble:
            attempt.calls, outcome = False, trouble.cause
            if outcome == "silent":
                outcome = yield from self.silence(attempt)
        if attempt.line:
            attempt.line.leave(attempt)
        if attempt.server:
            attempt.server.let_go(attempt)
            attempt.server.release(attempt)
        attempt.gone = self.world.now
        attempt.ends(outcome)

    def course(self, attempt: Attempt) -> Iterator[Event]:
        """What it goes through as long as nothing befalls its server; returns the outcome."""
        line, server = self.line, None if self.central else self.pick(attempt)
        if server:
            line, attempt.slot = server.line, server.slot
            if server.state == "refusing":
                return "refused"
            if server.state == "silent":
                server.hold(attempt)
                return (yield from self.silence(attempt))
        if line.full or not (server or self.central):
            return "full"
        if server:
            server.hold(attempt)
        line.join(attempt)
        while attempt.work > 0:
            try:
                if not (yield from self.wait(attempt)):
                    return "abandoned"
                yield from self.work(attempt)
            except Interrupt as trouble:
                if trouble.cause != "resumed":
                    raise
        attempt.server.release(attempt)
        outcome = yield from self.call(attempt)
        bad = self.world.draws.uniform("errors", attempt.stream, attempt.key) < attempt.server.errors
        return "errors" if bad and outcome == "served" else outcome

    def wait(self, attempt: Attempt) -> Iterator[Event]:
        """Stand in line; returns False for who has waited too long, without a beginning, and leaves for good."""
        if isnan(attempt.start) and attempt.patience < inf:
            yield attempt.turn | Clock(self.world, attempt.patience, LATE)
            if not (attempt.turn.triggered or attempt.over.triggered):
                return False
        yield attempt.turn
        return True

    def work(self, attempt: Attempt) -> Iterator[Event]:
        """Be worked on, faster or slower from when the server's speed changes."""
        while attempt.work > 0:
            began, speed = self.world.now, attempt.server.speed
            try:
                yield self.world.timeout(attempt.work / speed)
                attempt.work = 0.0
            except Interrupt as trouble:
                attempt.work -= (self.world.now - began) * speed
                if trouble.cause != "paced":
                    raise

    def call(self, attempt: Attempt) -> Iterator[Event]:
        """Have one call after another made and answered."""
        attempt.calls, number = True, count(1)
        for need, client in self.clients.items():
            calls = self.part.needs[need].calls
            more = self.world.draws.uniform("calls", f"{self.name}>{need}", attempt.key) < calls - floor(calls)
            for _ in range(floor(calls) + more):
                request = scramble((attempt.key * GOLDEN + next(number)) & MASK ^ self.world.draws.key("service", attempt.stream)) >> 4
                outcome = yield self.world.process(client.ask(self.world.fleets[need], request, attempt))
                if outcome != "served":
                    return "unanswered"
        return "served"

    def silence(self, attempt: Attempt) -> Iterator[Event]:
        """Get no answer, until the client leaves or learns that there is none to come."""
        try:
            yield attempt.over
        except Interrupt as trouble:
            return trouble.cause
        return attempt.outcome

    # Servers

    def join(self, server: Server, speed: float) -> None:
        """It takes work, and is in rotation once its health check trusts it."""
        if server.state == "silent":
            server.tell("lost")
        server.state, server.speed = "join", speed
        server.offer()
        if not self.central and server not in self.rotation:
            checks = self.part.health.rise - 1
            self.world.process(self.find(server, self.until_checked(server, checks) if self.world.now else 0.0, self.take_in))

    def drain(self, server: Server) -> None:
        """It takes nothing new, but from its own line, and finishes what it holds."""
        server.state = "drained" if self.central else "emptying"
        self.take_out(server)
        if self.central and server in self.line.idle:
            self.line.idle.remove(server)

    def fail(self, server: Server, how: str) -> None:
        """What it holds is lost or resumed, or waits for nothing until the health check finds out."""
        server.state, begun = how, server.rest()
        if not self.central:
            for attempt in server.held:
                server.line.leave(attempt)
            late = self.part.health.timeout if how == "silent" else 0.0
            self.world.process(self.find(server, self.until_checked(server, self.part.health.fall - 1) + late, self.take_out))
        elif self.part.interrupted == "resumed":
            for attempt in begun:
                server.let_go(attempt)
            self.line.rejoin(begun)
        server.tell("silent" if how == "silent" and not self.central else "lost")

    def pace(self, server: Server, speed: float) -> None:
        """It works faster or slower from now on."""
        if server.state == "join":
            server.speed = speed
            for attempt in server.busy:
                attempt.story.interrupt("paced")

    def until_checked(self, server: Server, checks: int) -> float:
        """How long (seconds) until the health check looks next, and so many times after that."""
        interval, now = self.part.health.interval, self.world.now
        phase = self.world.draws.uniform("phase", f"health/{self.name}/{server.slot}") * interval
        return phase + (max(0, ceil((now - phase) / interval)) + checks) * interval - now

    def find(self, server: Server, wait: float, act: Callable[[Server], None]) -> Iterator[Event]:
        """What the health check does when it has looked often enough, nothing was done to the server meanwhile, and the run goes on."""
        news = server.news
        yield self.world.timeout(wait)
        if server.news == news and self.world.now <= self.world.horizon:
            act(server)

    def take_in(self, server: Server) -> None:
        server.changed = next(server.steps)
        self.rotation.append(server)

    def take_out(self, server: Server) -> None:
        """It is not in rotation any more, and who waits for a silent one is told so."""
        if server in self.rotation:
            place = self.rotation.index(server)
            del self.rotation[place]
            self.turn = (self.turn - (place < self.turn)) % max(1, len(self.rotation))
        if server.state == "silent":
            server.tell("lost")

    # Balancers

    def pick(self, attempt: Attempt) -> Server | None:
        """The server in rotation that it is sent to."""
        rotation, rule, n = self.rotation, self.part.balancer, len(self.rotation)
        bits = scramble((self.world.draws.key("balancer", self.name) + (attempt.key + 1) * GOLDEN) & MASK)
        place = (bits >> 32) * n >> 32
        if not n:
            return None
        if rule.kind == "random":
            return rotation[place]
        if rule.kind == "round_robin":
            server, self.turn = rotation[self.turn], (self.turn + 1) % n
            return server
        if rule.kind == "least_connections":
            return min(rotation, key=lambda server: (len(server.held), server.changed))
        candidates = rotation[place:] + rotation[:place] if n <= rule.d else [rotation[place]]
        while len(candidates) < min(n, rule.d):
            bits = scramble((bits + GOLDEN) & MASK)
            candidate = rotation[(bits >> 32) * n >> 32]
            candidates += [candidate] * (candidate not in candidates)
        return min(candidates, key=lambda server: len(server.held))


class Client:
    """Who calls a fleet, on which terms: the stream that draws are keyed by, and a budget of retries."""

    def __init__(self, world: World, terms: Terms, stream: str, rate: float) -> None:
        self.world, self.terms, self.stream = world, terms, stream
        self.tokens, self.counted = (terms.budget or 0.0) * MEMORY * rate, 0.0

    def ask(self, fleet: Fleet, request: int, caller: Attempt | None = None) -> Iterator[Event]:
        """Try until there is an answer or no use in it; returns what has become of the request."""
        world, terms, born = self.world, self.terms, self.world.now
        impatient = world.patience and not caller
        patience = world.patience.quantile(self.uniform("patience", request * 16)) if impatient else inf
        self.earn(terms.budget or 0.0)

        def dead() -> bool:
            """Whether nobody is left who would try again."""
            return caller is not None and not caller.calls

        for number in range(terms.attempts):
            work = self.service(fleet.part.service or world.service, request, number)
            attempt = Attempt(fleet.name, request, number, born, world.now, work, patience, world.event(), world.event(), self.stream)
            world.attempts.append(attempt)
            attempt.story = world.process(fleet.visit(attempt))
            yield attempt.over | Clock(world, terms.timeout, LATE) if terms.timeout else attempt.over
            if not attempt.over.triggered:
                attempt.ends("timed_out")
                if terms.cancel:
                    attempt.story.interrupt("cancelled")
            attempt.final = {"served": "served", "abandoned": "abandoned", "full": "rejected"}.get(attempt.outcome, "failed")
            if attempt.final in ("served", "abandoned") or number + 1 == terms.attempts or dead() or not self.spend():
                break
            attempt.final = ""
            yield world.timeout(self.backoff(request, number))
            if dead():
                attempt.final = "failed"
                break
        return attempt.final

    def uniform(self, purpose: str, key: int) -> float:
        return self.world.draws.uniform(purpose, self.stream, key)

    def service(self, law: Law, request: int, number: int) -> float:
        """The work (seconds) in one attempt."""
        return law.sequence[request % len(law.sequence)] if law.law == "recorded" else law.quantile(self.uniform("service", request * 16 + number))

    def backoff(self, request: int, retries: int) -> float:
        """The wait (seconds) before a retry, when there have been so many."""
        wait = self.terms.backoff
        if not wait:
            return 0.0
        return min(wait.max, wait.base * wait.factor**retries) * (1 - wait.jitter * self.uniform("backoff", request * 16 + retries + 1))

    def earn(self, tokens: float) -> None:
        """Tokens fade as time goes by."""
        self.tokens = self.tokens * exp((self.counted - self.world.now) / MEMORY) + tokens
        self.counted = self.world.now

    def spend(self) -> bool:
        """Whether the budget has a retry left, which is taken from it."""
        if self.terms.budget is None:
            return True
        self.earn(0.0)
        enough = self.tokens >= 1
        self.tokens -= enough
        return enough


class World(Environment):
    """All of it: fleets, the clients of each, and what is done to servers."""

    def __init__(self, scenario: Scenario, policy: str, replication: int) -> None:
        super().__init__()
        self.horizon, self.patience, self.service = scenario.horizon, scenario.requests.patience, scenario.requests.service
        self.draws, self.steps = Draws(scenario.seed, replication), count()
        self.attempts: list[Attempt] = []
        self.fleets = {name: Fleet(self, name, part) for name, part in scenario.policies[policy].fleets.items()}
        for fleet, rate in scenario.offered(policy).items():
            stream = ",".join(str(number) for number, source in enumerate(scenario.traffic) if scenario.target(policy, source) == fleet)
            client = Client(self, scenario.requests, stream, rate(0.0))
            times = moments(rate, self.gaps(scenario.requests.gaps, client), scenario.horizon)
            self.process(self.arrivals(client, self.fleets[fleet], times))

    def gaps(self, law: Law | None, client: Client) -> Iterator[float]:
        """Of mean one."""
        for k in count():
            u = client.uniform("arrivals", k)
            yield law.quantile(u) / law.expected if law else -log1p(-u)

    def arrivals(self, client: Client, fleet: Fleet, times: Iterator[float]) -> Iterator[Event]:
        """One client after another."""
        for request, time in enumerate(times):
            yield Clock(self, time - self.now, NEXT)
            self.process(client.ask(fleet, request))

    def control(self, acts: Iterable[Happening]) -> Iterator[Event]:
        """What is done to servers."""
        for time, name, which, slot, act, speed in acts:
            yield Clock(self, time - self.now, LAST if time else LATE)
            fleet = self.fleets[name]
            if which not in fleet.servers:
                fleet.servers[which] = Server(slot, fleet.part.concurrency, fleet.line if fleet.central else fleet.new_line(), self.steps)
            server = fleet.servers[which]
            server.news += act not in ("pace", "err")
            if act == "err":
                server.errors = speed
            elif act in ("join", "pace"):
                (fleet.join if act == "join" else fleet.pace)(server, speed)
            elif act == "drained":
                fleet.drain(server)
            else:
                fleet.fail(server, act)


class Clock(Event):
    """A wait that ends after whatever is more urgent at its moment."""

    def __init__(self, env: Environment, delay: float, priority: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        env.schedule(self, priority, delay)


def moments(rate: Polyline, gaps: Iterator[float], horizon: float) -> Iterator[float]:
    """Where the integral of the rate has grown by a gap, and by the next, up to the horizon."""
    time, now, left = 0.0, rate(0.0), next(gaps)
    for end, then in [*zip(rate.times, rate.rates, strict=True), (max(horizon, rate.times[-1]) + 1, rate.rates[-1])]:
        while end > time and (area := (now + then) / 2 * (end - time)) >= left:
            slope = (then - now) / (end - time)
            step = 2 * left / (now + sqrt(max(0.0, now * now + 2 * slope * left)))
            time, now, left = time + step, now + slope * step, next(gaps)
            if time > horizon:
                return
            yield time
        left -= area if end > time else 0.0
        time, now = end, then


def scramble(z: int) -> int:
    """SplitMix64's finaliser."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)
