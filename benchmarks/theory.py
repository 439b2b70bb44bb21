"""Theory: how long a request takes from coming to being answered, on average, where that is known."""

from __future__ import annotations

from math import inf

from benchmarks.subject import MEAN, Subject


def sojourn(subject: Subject, servers: int) -> tuple[float, float]:
    """Between which bounds the mean lies in the long run (seconds)."""
    load = subject.load
    if subject.attempts > 1:
        return 0.0, inf
    if subject.balancer == "central":
        return (central(load, servers),) * 2
    if subject.balancer == "random":  # M/M/1
        return (MEAN / (1 - load),) * 2
    if subject.balancer == "round_robin":
        return (in_turn(load, servers),) * 2
    if subject.balancer == "choices":  # the limit of many servers, from which few are off by the order of 1 / servers
        return two_choices(load), two_choices(load) * (1 + 1 / servers)
    return central(load, servers), two_choices(load) * (1 + 1 / servers)  # least connections: no better than one queue, no worse than two choices


def central(load: float, servers: int) -> float:
    """M/M/c by Erlang's C formula, from his B by its recursion."""
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * servers * blocked / (server + load * servers * blocked)
    waits = blocked / (1 - load * (1 - blocked))
    return MEAN * (1 + waits / (servers * (1 - load)))


def in_turn(load: float, servers: int) -> float:
    """GI/M/1, as every n-th request of a Poisson stream comes after an Erlang-n gap: sigma = E[exp(-(1 - sigma) gap / MEAN)]."""
    sigma = 0.5
    for _ in range(1000):
        sigma = (1 + (1 - sigma) / (load * servers)) ** -servers
    return MEAN / (1 - sigma)


def two_choices(load: float) -> float:
    """The better of two among infinitely many servers (Mitzenmacher 2001): the sum of load^(2^i - 2)."""
    return MEAN * sum(load ** (2**i - 2) for i in range(1, 12))
