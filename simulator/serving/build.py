"""Build: the arrays of a run as its scenario has them, and how they grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, inf
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulator.laws import Law, law
from simulator.serving.client import BUDGET_MEMORY, Client
from simulator.serving.kernel import world as names
from simulator.serving.kernel.world import CALLER, FLEET, Array, World
from simulator.serving.tables import Laws

if TYPE_CHECKING:
    from simulator.draws import Draws
    from simulator.fleets import FleetPart
    from simulator.polyline import Polyline
    from simulator.requests import Requests

NEVER = law("exponential", mean="1s")  # the shape of gaps where none is given: Poisson
ROOM = 1024  # slots and entries of the heap, to begin with
NO_BOUND = 1 << 62
LAX = 16  # attempts that a server may hold before one looks which of them have left
MOST_IN_ORDER = 64  # workers of a server
BALANCERS = {
    "random": names.RANDOM,
    "round_robin": names.ROUND_ROBIN,
    "choices": names.CHOICES,
    "least_connections": names.LEAST,
    "central": names.CENTRAL,
}


class Stream(NamedTuple):
    """What clients ask of a fleet: the name its draws are keyed by, the very times of the requests (seconds) if they are known, and their rate a second."""

    entity: str
    stamps: Sequence[float] | None
    rate: Polyline


def build(fleets: Mapping[str, FleetPart], clients: Requests, streams: Mapping[str, Stream], draw: Draws, horizon: float, window: float) -> World:
    """A world without servers, whose first requests are drawn but have not come."""
    laws, numbers = Laws(), {name: number for number, name in enumerate(fleets)}
    rows = _fleets(fleets, clients, laws, draw)
    callers = np.zeros(len(streams) + sum(len(fleet.needs) for fleet in fleets.values()), CALLER)
    knots = _sources(callers, streams, numbers, clients, laws, draw)
    _edges(callers, len(streams), rows, fleets, numbers, draw)
    known, tables = laws.arrays()
    windows, each = max(1, ceil(horizon / window - 1e-9)), len(fleets)
    w = World(fleets=rows, callers=callers, laws=known, tables=tables, knots=knots)
    w.lay(tallies=np.zeros(each * (windows + 1) * names.COLUMNS, names.COUNT), latencies=np.zeros(each * (windows + 1) * names.BUCKETS, names.SMALL))
    w.lay(waits=np.zeros(each * (windows + 1), names.ARRAYS["waits"]), trail=np.zeros(each * (windows * names.GRID + 1), names.SMALL))
    record = w.record
    record["next"], record["sources"], record["window"], record["horizon"], record["windows"] = inf, len(streams), window, horizon, windows
    record["turns"], record["steps_a_second"] = min(window, horizon), names.GRID / window
    record["keep"], record["free"] = clients.keep == "all", -1
    record["broad"] = max(int(row["workers"]) if row["balancer"] != names.CENTRAL else 1 for row in rows)
    grow(w, slots=ROOM, servers=8, held=8)
    return w


def _fleets(fleets: Mapping[str, FleetPart], clients: Requests, laws: Laws, draw: Draws) -> Array:
    rows = np.zeros(len(fleets), FLEET)
    for row, (name, fleet) in zip(rows, fleets.items(), strict=True):
        row["balancer"], row["d"] = BALANCERS[fleet.balancer.kind], getattr(fleet.balancer, "d", 0)  # type: ignore[attr-defined]
        row["key"], row["law"] = draw.key("balancer", name), laws.add(fleet.service or clients.service)
        row["workers"], row["places"] = fleet.concurrency, NO_BOUND if fleet.queue is None else fleet.queue
        row["lax"] = min(fleet.concurrency + row["places"], LAX)
        row["resumed"], row["edges"] = fleet.interrupted == "resumed", len(fleet.needs)
        needed = any(name in other.needs for other in fleets.values())
        # Attempts are let go when somebody looks, not by an event each, where that changes nothing; a long list of them would be slow to keep in order.
        row["lazy"] = not needed and not fleet.needs and row["balancer"] not in (names.LEAST, names.CENTRAL)
        row["lazy"] &= fleet.concurrency <= MOST_IN_ORDER and not clients.patience and not (clients.cancel and clients.timeout)
        row["head"] = row["tail"] = row["idle_head"] = row["idle_tail"] = -1
    return rows


def _client(row: Any, client: Client) -> None:
    """How long one who calls waits, how often it tries, and what it does in between."""
    row["timeout"], row["attempts"], row["cancel"] = client.timeout or inf, client.attempts, client.cancel
    row["budget"], row["patience"] = client.budget or 0.0, -1
    if client.backoff:
        row["base"], row["factor"], row["longest"], row["jitter"] = client.backoff.base, client.backoff.factor, client.backoff.max, client.backoff.jitter


def _sources(callers: Array, streams: Mapping[str, Stream], numbers: Mapping[str, int], clients: Requests, laws: Laws, draw: Draws) -> Array:
    """The first callers; returns the knots of all their rates, or their stamps."""
    gaps: Law = clients.gaps or NEVER
    shape, patience = laws.add(gaps, 1 / gaps.expected), laws.add(clients.patience)
    knots: list[tuple[float, float]] = []
    for row, (name, stream) in zip(callers, streams.items(), strict=False):
        _client(row, clients)
        row["fleet"], row["owner"], row["gaps"], row["patience"] = numbers[name], -1, shape, patience
        for key, purpose in (
            ("service_key", "service"),
            ("backoff_key", "backoff"),
            ("patience_key", "patience"),
            ("arrivals_key", "arrivals"),
            ("errors_key", "errors"),
        ):
            row[key] = draw.key(purpose, stream.entity)
        row["tokens"] = row["budget"] * BUDGET_MEMORY * stream.rate(0.0)
        row["stamped"], row["number"] = stream.stamps is not None, -1
        own = list(zip(stream.rate.times, stream.rate.rates, strict=True)) if stream.stamps is None else [(stamp, 0.0) for stamp in stream.stamps]
        row["knot"], row["last"] = len(knots) - row["stamped"], len(knots) + len(own) - 1
        knots += own
    return np.array(knots or [(0.0, 0.0)], names.ARRAYS["knots"])


def _edges(callers: Array, place: int, rows: Array, fleets: Mapping[str, FleetPart], numbers: Mapping[str, int], draw: Draws) -> None:
    """The other callers: fleets that need others."""
    for name, fleet in fleets.items():
        rows[numbers[name]]["first_edge"] = place
        for need, edge in fleet.needs.items():
            row = callers[place]
            _client(row, edge)
            row["fleet"], row["owner"], row["calls"] = numbers[need], numbers[name], edge.calls
            row["service_key"], row["backoff_key"], row["calls_key"] = draw.key("service", need), draw.key("backoff", need), draw.key("calls", f"{name}>{need}")
            row["errors_key"] = draw.key("errors", need)
            row["time"] = inf
            place += 1


def grow(w: World, slots: int = 0, servers: int = 0, held: int = 0) -> None:
    """Make room for so many slots free, servers, and attempts at one server; nothing else is changed."""
    record: Any = w.record[0]
    size, due, kept = len(w["slots"]), len(w["heap"]), len(w["rows"])
    room, servers, held = size, max(servers, int(record["servers_room"])), max(held, int(record["ranks_room"]))
    while room - size + int(record["room"]) < slots:
        room = 2 * room or slots
    if due < int(record["due"]) + room + slots:
        _swept(w, record)
    while due < int(record["due"]) + room + slots:
        due = 2 * due or room + slots
    while record["keep"] and kept < int(record["kept"]) + room + slots:
        kept = 2 * kept or room + slots
    if (room, due, kept, servers, held) == (size, len(w["heap"]), len(w["rows"]), record["servers_room"], record["ranks_room"]):
        return
    w.lay(
        slots=longer(w["slots"], room), kins=longer(w["kins"], room), asked=longer(w["asked"], room), heap=longer(w["heap"], due), rows=longer(w["rows"], kept)
    )
    w.lay(servers=longer(w["servers"], servers), workers=longer(w["workers"], servers * int(record["broad"])))
    w.lay(rotation=_wider(w["rotation"], len(w["fleets"]), servers), ranks=_wider(w["ranks"], len(w["fleets"]), held, -1))
    if room > size:
        w["slots"]["next"][size:] = np.append(np.arange(size + 1, room), record["free"])
        record["free"] = size
        record["room"] += room - size
    record["slots_room"], record["due_room"], record["kept_room"], record["servers_room"], record["ranks_room"] = room, due, kept, servers, held


def _swept(w: World, record: Any) -> None:
    """Take what is void out of the heap."""
    heap = w["heap"][: int(record["due"])]
    left = heap[w["slots"]["stamp"][heap["what"] >> names.STAMP_BITS] == heap["what"] & names.STAMPS]
    w["heap"][: len(left)] = left[np.lexsort((left["order"], left["time"]))]  # what is in order is a heap
    record["due"] = len(left)


def longer(array: Array, size: int) -> Array:
    """The array with at least so many entries."""
    return array if size <= len(array) else np.concatenate([array, np.zeros(size - len(array), array.dtype)])


def _wider(array: Array, fleets: int, size: int, value: int = 0) -> Array:
    """An array by fleet, with so many entries for each; the new ones have this value."""
    made: Array = np.zeros((fleets, size), array.dtype)
    for name in made.dtype.names or ():
        made[name] = value
    made[:, : len(array) // fleets] = array.reshape(fleets, -1)
    return made.ravel()
