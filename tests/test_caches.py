"""Caches: what gets to a store while a fleet in front of it answers most of what is asked."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import Run, loads, metrics, simulate
from simulator.document import ScenarioError
from simulator.polyline import Polyline
from simulator.record import Event
from simulator.serving import Cache, Leave, Queue, Rate
from simulator.simulation import Simulation

exact = {"rel": 1e-9, "abs": 1e-9}
NEEDS = "{cache: {}, store: {behind: cache}}"


class Loss(NamedTuple):
    """So many servers of the cache are held by something for a while (seconds)."""

    at: float
    until: float
    servers: int

    def strike(self, world: Simulation, name: str) -> None:
        world.call(self.at, lambda: [server.hold("loss") for server in self.lost(world)])
        world.call(self.until, lambda: [server.release("loss") for server in self.lost(world)])

    def lost(self, world: Simulation) -> list:
        return list(world.fleets["cache"].servers.values())[: self.servers]

    def event(self) -> Event:
        return Event(self.at, "loss", self.until)


def text(needs: str = NEEDS, store: int = 20, requests: str = "", more: str = "") -> str:
    """100/s to a web of 200/s, a cache of ten servers that are quick, and a store of 10/s a server."""
    return f"""
        horizon: 10m
        requests: {{service: 100ms{requests}}}
        traffic: {{kind: steady, rate: 100/s, to: web}}
        policies:
          only:
            web: {{kind: pets, servers: 20, needs: {needs}}}
            cache: {{kind: pets, servers: 10, service: 1ms, boot: 0s}}
            store: {{kind: pets, servers: {store}{more}}}
    """


def play(*losses: Loss, **what: object) -> Run:
    return simulate(loads(text(**what)).model_copy(update={"failures": losses}))


def offered(run: Run, fleet: str) -> list[float]:
    """Requests a second, minute by minute."""
    windows = run.record.frame("windows")
    return (windows.loc[windows["fleet"] == fleet, "offered"] / 60).tolist()


def test_the_store_gets_what_the_cache_does_not_hold():
    """All ten serve but for 3 lost from 2 to 4 minutes: 100 x (1 - 0.9) = 10/s, and 100 x (1 - 0.9 x 0.7) = 37/s meanwhile, as the cache is asked for 70/s."""
    run = play(Loss(120, 240, 3))
    assert offered(run, "store") == approx([10, 10, 37, 37, *[10] * 6], **exact)
    assert offered(run, "cache") == approx([100, 100, 70, 70, *[100] * 6], **exact)
    assert offered(run, "web") == approx([100] * 10, **exact)


def test_the_demand_of_the_store_follows():
    """As the record has it, and incidents are measured by: before and after each change."""
    demand = play(Loss(120, 240, 3)).record.frame("signals").query("signal == 'demand' and fleet == 'store'")
    assert demand["time_s"].tolist()[-4:] == [120, 120, 240, 240]
    assert demand["value"].tolist()[-4:] == approx([10, 37, 37, 10], **exact)


def test_who_loses_the_cache_saturates_the_store():
    """A store of 40/s gets 100/s for two minutes: 60/s x 120 s = 7,200 wait, and at 200/s for 100/s that come they are gone 72 s later."""
    incidents = metrics.recovery(play(Loss(120, 240, 10), store=4)).set_index("fleet")
    assert (incidents.loc["store", "start_s"], incidents.loc["store", "recovery_s"]) == (approx(120), approx(120))
    assert (incidents.loc["web", "start_s"], incidents.loc["web", "recovery_s"]) == (approx(120), approx(192))


def test_hits_are_a_share_of_the_calls():
    """Of two calls 75 % are hits: half a call is left."""
    run = play(needs="{cache: {calls: 2}, store: {calls: 2, behind: cache, hits: 75%}}")
    assert offered(run, "store") == approx([50] * 10, **exact)


def test_a_spare_of_the_cache_is_none_of_its_servers():
    """Ten serve and one stands by: the cache is whole."""
    scenario = text().replace("servers: 10,", "servers: 10, spares: {servers: 1},")
    assert offered(simulate(loads(scenario)), "store") == approx([10] * 10, **exact)


def test_a_cache_that_holds_everything_leaves_nothing_to_the_store():
    assert offered(play(needs="{cache: {}, store: {behind: cache, hits: 100%}}", store=1), "store") == approx([0] * 10, **exact)


def test_a_store_that_fails_is_felt_as_often_as_it_is_asked():
    """It fails always: the 10 % of requests that ask it while the cache is whole, as a fractional call has it, are all that a whole call is without it."""

    class Broken(Loss):
        def strike(self, world: Simulation, name: str) -> None:
            super().strike(world, name)
            world.call(0.0, lambda: [server.err(0.5) for server in world.fleets["store"].servers.values()])

    windows = play(Broken(120, 240, 10)).record.frame("windows")
    failed = windows.loc[windows["fleet"] == "web", "failed"] / windows.loc[windows["fleet"] == "web", "offered"]
    well = 1 - 0.5**0.1
    assert failed.tolist() == approx([well, well, 0.5, 0.5, *[well] * 6], **exact)


# Whatever comes and goes


class Worker:
    """A server as serving sees it."""

    def __init__(self, fleet: str, slot: int, rps: float) -> None:
        self.fleet, self.slot, self.entity, self.capacity_rps, self.speed, self.errors = SimpleNamespace(name=fleet), slot, f"{fleet}/{slot}", rps, 1.0, 0.0


RATE = Polyline([(0, 20), (200, 100), (400, 10), (600, 60)])
CALLS = {"web": {"cache": 1.0, "store": 2.0}}
HITS = 0.8
turns = st.lists(st.tuples(st.floats(0.5, 599.5), st.integers(0, 3)), max_size=12).map(sorted)  # when which server of the cache goes or comes back


def engine(turns: list[tuple[float, int]], pauses: list[float], store: float, window: float = 60.0) -> Rate:
    """A web of 150/s with a cache of four in front of a store, and what is done to these."""
    cache = Cache("web", "store", "cache", HITS, 4)
    rate = Rate({"web": RATE}, {name: Queue() for name in ("web", "cache", "store")}, CALLS, window, [cache])
    servers = [Worker("cache", slot, 1000.0) for slot in range(4)]
    for server in (Worker("web", 0, 150.0), Worker("store", 0, store), *servers):
        rate.join(server)
    there = set(servers)
    for time, slot in sorted([*turns, *((pause, -1) for pause in pauses)]):
        rate.advance(time)
        if slot < 0:
            rate.load("store", 30.0)
        elif servers[slot] in there:
            there.remove(servers[slot])
            rate.leave(servers[slot], Leave.REFUSING)
        else:
            there.add(servers[slot])
            rate.join(servers[slot])
    rate.finish(600)
    return rate


def spans(turns: list[tuple[float, int]]) -> list[tuple[float, float, int]]:
    """From when to when so many servers of the cache serve."""
    there, made = set(range(4)), []
    for (start, slot), (end, _) in pairwise([(0.0, -1), *turns, (600.0, -1)]):
        there = there ^ {slot} if slot >= 0 else there
        made.append((start, end, len(there)))
    return made


@settings(max_examples=100, deadline=None)
@given(turns, st.sampled_from([7.0, 60.0]))
def test_what_a_store_gets_is_the_integral_of_what_the_cache_lets_through(turns, window):
    """Where nothing waits: the sum over all spans of the requests in them x 2 (1 - hits k / n), in the windows and in the demand."""
    rate = engine(turns, [], 1000.0, window)
    expected = sum(RATE.integral(start, end) * 2 * (1 - HITS * k / 4) for start, end, k in spans(turns))
    assert rate.totals["store"].offered == approx(expected, **exact)
    assert rate.totals["cache"].offered == approx(sum(RATE.integral(start, end) * k / 4 for start, end, k in spans(turns)), **exact)
    assert rate.load("store", 600.0).demand_rps == approx(expected / 600, **exact)


@settings(max_examples=100, deadline=None)
@given(turns, st.lists(st.floats(0, 600), max_size=50), st.floats(20, 200))
def test_how_often_it_is_advanced_changes_no_bit_and_no_request_is_lost(turns, pauses, store):
    """With a store that is too small at times: what is offered to the web is served or waits, and the store serves what it is asked, at most its capacity."""
    once, often = engine(turns, [], store), engine(turns, pauses, store)
    assert once.windows == often.windows and once.backlogs == often.backlogs
    web, asked = once.windows["web"], once.windows["store"]
    assert sum(web.offered) == approx(sum(web.served) + web.backlog[-1], **exact)
    assert asked.offered == asked.served
    assert max(asked.served) <= 60 * store * (1 + 1e-9)


def test_more_servers_than_at_the_start_answer_no_more():
    """A fifth joins: still 2 (1 - 0.8) calls."""
    rate = Rate({"web": Polyline([(0, 100)])}, {name: Queue() for name in ("web", "cache", "store")}, CALLS, 60, [Cache("web", "store", "cache", HITS, 4)])
    for server in (Worker("web", 0, 150.0), Worker("store", 0, 100.0), *(Worker("cache", slot, 100.0) for slot in range(5))):
        rate.join(server)
    rate.finish(60)
    assert rate.totals["store"].offered == approx(100 * 60 * 2 * 0.2, **exact)


# What is refused


@pytest.mark.parametrize(
    ("needs", "requests", "where", "message", "kind"),
    [
        ("{cache: {}, store: {behind: cahce}}", "", "store.behind", "'cahce' is not among what this fleet needs; did you mean 'cache'?", "ConfigChoice"),
        ("{store: {behind: cache}}", "", "store.behind", "'cache' is not among what this fleet needs; a cache is called, too", "ConfigChoice"),
        ("{store: {behind: store}}", "", "store.behind", "'store' is the store itself", "ConfigConflict"),
        ("{cache: {behind: store}, store: {behind: cache}}", "", "store.behind", "'cache' is itself behind 'store'", "ConfigConflict"),
        ("{store: {hits: 50%}}", "", "store", "`hits` are those of a cache", "ConfigMissing"),
        ("{cache: {}, store: {behind: cache, hits: 120%}}", "", "store.hits", "120%", "ConfigRange"),
        (NEEDS, ", detail: requests", "store.behind", "a cache is simulated where traffic is a flow", "ConfigConflict"),
    ],
)
def test_a_cache_that_cannot_be_one_is_refused(needs, requests, where, message, kind):
    with pytest.raises(ScenarioError) as error:
        loads(text(needs=needs, requests=requests))
    told = str(error.value)
    assert f"policies.only.web.needs.{where}: " in told and message in told and f"[{kind}]" in told


def test_a_cache_reads_back_as_it_was():
    scenario = loads(text(needs="{cache: {}, store: {calls: 2, behind: cache, hits: 80%}}"))
    assert type(scenario).model_validate(scenario.dump()) == scenario
