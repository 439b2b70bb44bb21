"""The yardstick: a fleet that fails and is repaired, as one writes it in SimPy by hand, without draws that can be compared, record, traffic or sites."""

from __future__ import annotations

import random

import simpy


def fleet(servers: int, people: int, horizon: float, mttf: float) -> int:
    """Run the fleet for so many seconds; returns the number of repairs."""
    env, rng = simpy.Environment(), random.Random(7)
    crew, repairs = simpy.Resource(env, people), 0

    def life():
        nonlocal repairs
        while True:
            yield env.timeout(rng.expovariate(1 / mttf))
            yield env.timeout(45 + 30 * rng.random())
            yield env.timeout(rng.lognormvariate(5.7, 0.7))
            with crew.request() as person:
                yield person
                yield env.timeout(rng.lognormvariate(8.35, 1.16))
                repairs += 1

    for _ in range(servers):
        env.process(life())
    env.run(until=horizon)
    return repairs
