"""The world against renewal theory, the machine-repair queue, and the hazard that servers really lived through."""

from __future__ import annotations

from math import factorial, gamma

import numpy as np
import pytest
from pytest import approx
from scipy import special, stats

from simulator import loads, metrics, simulate

AT_ONCE = "detect: {every: 0s, timeout: 0s}, respond: 0s"
MONTH = 30 * 86400.0


def mean_up(run):
    """Servers in service, averaged over time; each serves one request per second."""
    steps = metrics.capacity(run)["web"]
    return float(np.sum(steps.to_numpy() * np.diff(np.append(steps.index, run.scenario.horizon))) / run.scenario.horizon)


def lives(moves, ends):
    """Each server's stretches in service: its slot, when it began, how long it lasted, and whether it ended in one of these phases (else with the run)."""
    rows = moves.sort_values(["server", "time_s"], kind="stable")
    after = rows.groupby("server", observed=True)[["time_s", "phase"]].shift(-1)
    served = (rows["phase"] == "serve").to_numpy()
    began = rows["time_s"].to_numpy()[served]
    return rows["slot"].to_numpy()[served], began, after["time_s"].fillna(MONTH).to_numpy()[served] - began, after["phase"].isin(ends).to_numpy()[served]


# A lone pet


@pytest.mark.parametrize(
    ("failure", "repair"),
    [
        ("{law: exponential, mean: 9h}", "{law: exponential, mean: 1h}"),
        ("{law: weibull, shape: 0.7, mean: 9h}", "{law: lognormal, mean: 1h, cv: 1}"),
        ("{law: weibull, shape: 3, mean: 9h}", "1h"),
        ("{law: lognormal, mean: 9h, cv: 1}", "{law: uniform, low: 30m, high: 90m}"),
    ],
)
def test_availability_of_a_lone_pet_is_the_share_of_a_cycle_that_it_lives(failure, repair):
    """MTTF / (MTTF + MTTR) = 9 / 10 whatever the laws. The standard error over n = 8,760 cycles (10 years) is
    0.9 x 0.1 x sqrt(cv_f^2 + cv_r^2) / sqrt(n), at most 0.0018 (cv 1.46 and 1): four of them are 0.007."""
    scenario = loads(f"""
        horizon: 10y
        failures: [{{kind: crash, time_to_failure: {failure}}}]
        policies: {{pets: {{web: {{kind: pets, servers: 1, service: 1s, repair: {{{AT_ONCE}, time: {repair}}}}}}}}}
    """)
    assert mean_up(simulate(scenario)) == approx(0.9, abs=0.007)


# Some people among many pets


def machine_repair(machines, people, failure_rate, repair_rate):
    """Mean number of machines down in M/M/R//N (Feller I, XVII.7): p_n of a birth-death chain with births (N - n) lambda and deaths min(n, R) mu."""
    a = failure_rate / repair_rate
    weights = [
        special.comb(machines, n) * a**n * (1.0 if n <= people else factorial(n) / (factorial(people) * people ** (n - people))) for n in range(machines + 1)
    ]
    return float(np.dot(np.arange(machines + 1), weights) / np.sum(weights))


@pytest.mark.parametrize(("machines", "people"), [(1, 1), (6, 1), (6, 2), (12, 1), (12, 3), (12, 12)])
def test_a_crew_among_many_pets_matches_the_machine_repair_formula(machines, people):
    """Mean time to failure 10 h, mean repair 1 h; ten runs of half a year: the closed form lies within the 99.9 % t interval, and that is narrow."""
    scenario = loads(f"""
        horizon: 180d
        failures: [{{kind: crash, time_to_failure: {{law: exponential, mean: 10h}}}}]
        policies:
          pets:
            ops: {{kind: crew, people: {people}}}
            web: {{kind: pets, servers: {machines}, service: 1s, repair: {{{AT_ONCE}, time: {{law: exponential, mean: 1h}}}}}}
    """)
    found = metrics.mean([machines - mean_up(simulate(scenario, replication=r)) for r in range(10)], 0.999)
    assert found.low <= machine_repair(machines, people, 1 / 10, 1) <= found.high
    assert found.high - found.low < 0.3 * found.value


# Crashes are as many as the hazard lived through


def hazard(shape, mean, ages, settled):
    """The cumulative hazard of a life of this age. With x = (age / scale)^k it is x for the law itself. The life under way at the start of
    a settled world follows the residual law, of density S(x) / mean: F_e(age) = P(1/k, x), the regularised incomplete gamma, and
    its hazard is -ln(1 - F_e) = -ln Q(1/k, x)."""
    x = (ages / (mean / gamma(1 + 1 / shape))) ** shape
    return np.where(settled, -np.log(special.gammaincc(1 / shape, x)), x)


def within_poisson(count, expected):
    """Count minus compensator is a martingale whose variance is the expected count: hold it against Poisson's 99.9 % interval."""
    low, high = stats.poisson.interval(0.999, expected)
    return low <= count <= high


LAWS = pytest.mark.parametrize(("law", "shape"), [("law: exponential", 1.0), ("law: weibull, shape: 0.7", 0.7)])
AGES = pytest.mark.parametrize("age", ["settled", "new"])


@LAWS
@AGES
def test_processes_crash_as_often_as_the_hazard_they_lived_through_predicts(law, shape, age):
    """1,000 pets for a month, 10 days to a failure, 6 h to a repair."""
    scenario = loads(f"""
        horizon: 30d
        seed: 11
        failures: [{{kind: crash, time_to_failure: {{{law}, mean: 10d}}, age: {age}}}]
        policies:
          pets:
            ops: {{kind: crew, people: 1000}}
            web: {{kind: pets, servers: 1000, repair: {{{AT_ONCE}, time: 6h}}}}
    """)
    _, began, lasted, crashed = lives(simulate(scenario).record.frame("transitions"), ["detect"])
    expected = hazard(shape, 10 * 86400.0, lasted, (began == 0) & (age == "settled")).sum()
    assert expected > 2000
    assert within_poisson(crashed.sum(), expected)


@LAWS
@AGES
def test_hosts_crash_as_often_as_the_hazard_they_lived_through_predicts(law, shape, age):
    """1,000 hosts with a pet on each for a month; a host is down 6 h, and its pet boots in no time, so that the pet's service tells when the host lives."""
    scenario = loads(f"""
        horizon: 30d
        seed: 12
        sites: {{zones: [a], hosts_per_zone: 1000}}
        failures: [{{kind: crash, of: host, time_to_failure: {{{law}, mean: 10d}}, lasts: 6h, age: {age}}}]
        policies: {{pets: {{web: {{kind: pets, servers: 1000, boot: 0s}}}}}}
    """)
    _, began, lasted, crashed = lives(simulate(scenario).record.frame("transitions"), ["hold"])
    expected = hazard(shape, 10 * 86400.0, lasted, (began == 0) & (age == "settled")).sum()
    assert expected > 2000
    assert within_poisson(crashed.sum(), expected)


@LAWS
def test_containers_crash_as_often_as_the_hazard_they_lived_through_predicts(law, shape):
    """1,000 slots for a month; every container is as old as its own start, so only the first of a slot is settled."""
    scenario = loads(f"""
        horizon: 30d
        seed: 13
        failures: [{{kind: crash, time_to_failure: {{{law}, mean: 10d}}}}]
        policies: {{cattle: {{web: {{kind: cattle, replicas: 1000}}}}}}
    """)
    _, began, lasted, crashed = lives(simulate(scenario).record.frame("transitions"), ["start", "back-off"])
    expected = hazard(shape, 10 * 86400.0, lasted, began == 0).sum()
    assert expected > 2000
    assert within_poisson(crashed.sum(), expected)


def test_the_first_lives_of_a_settled_world_follow_the_residual_law():
    """Weibull 0.7: the residual law's mean is E[X^2] / 2 E[X] = mean x Gamma(1 + 2/k) / (2 Gamma(1 + 1/k)^2), and P(1/k, x) of a first life is uniform."""
    scenario = loads("""
        horizon: 30d
        seed: 14
        failures: [{kind: crash, time_to_failure: {law: weibull, shape: 0.7, mean: 1d}}]
        policies: {pets: {web: {kind: pets, servers: 2000}}}
    """)
    _, began, lasted, crashed = lives(simulate(scenario).record.frame("transitions"), ["detect"])
    first = lasted[(began == 0) & crashed]
    assert len(first) == 2000
    uniform = special.gammainc(1 / 0.7, (first / (86400 / gamma(1 + 1 / 0.7))) ** 0.7)
    assert stats.kstest(uniform, "uniform").pvalue > 0.001
