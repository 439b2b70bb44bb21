"""Rate: traffic as a flow, with one line for each fleet and a balancer that knows every server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum, nan
from typing import TYPE_CHECKING, NamedTuple

from simulator.polyline import Polyline
from simulator.serving.answers import failing
from simulator.serving.cache import Cache, behind
from simulator.serving.demand import Calls, Work, demanded, mean_asked, work
from simulator.serving.group import Group
from simulator.serving.queues import Queue
from simulator.serving.serving import Leave, Load, Worker
from simulator.serving.source import Source
from simulator.serving.station import Station

if TYPE_CHECKING:
    from simulator.record import Record


class Windows(NamedTuple):
    """Requests of one fleet in each window, as columns; a window ends where the next begins, the last at the horizon."""

    start_s: list[float]
    offered: list[float]
    served: list[float]
    abandoned: list[float]
    rejected: list[float]
    waited: list[float]  # request-seconds
    backlog: list[float]  # at the window's end
    failed: list[float]  # answered with an error


class Totals(NamedTuple):
    """Requests of a whole run."""

    offered: float
    served: float
    abandoned: float
    rejected: float
    waited: float  # request-seconds
    failed: float


class Rate:
    """The fluid engine: exact between events, without a time step."""

    def __init__(self, traffic: Mapping[str, Polyline], queues: Mapping[str, Queue], calls: Calls, window: float, caches: Sequence[Cache] = ()) -> None:
        assert window > 0 and traffic.keys() <= queues.keys()
        self.fleets = list(queues)
        # Filled by `finish`: requests by window, and (time_s, backlog) whenever it changed its course, 0.0 where it began and where it was gone.
        self.windows: dict[str, Windows] = {}
        self.backlogs: dict[str, list[tuple[float, float]]] = {}
        # (time_s, requests/s that may be served) while more comes or waits, infinite from when no longer: only between these do requests wait or get lost.
        self.limited: dict[str, list[tuple[float, float]]] = {}
        # (time_s, share of its answers that are errors, its own or those of fleets it calls) whenever that changed, from 0.0 on.
        self.errors: dict[str, list[tuple[float, float]]] = {fleet: [] for fleet in queues}
        self._now = 0.0
        self._window = window
        self._traffic = dict(traffic)
        self._calls = self._direct = calls  # of now, and where no cache is in front of a store
        self._errors = dict.fromkeys(queues, 0.0)  # of each fleet's own servers
        self._stations = {fleet: Station(fleet) for fleet in queues}
        self._caches, self._cached = caches, {cache.fleet for cache in caches}
        self._work = self._reach = {fleet: work(fleet, calls) for fleet in traffic}
        # (from when on, how many requests each fleet gets for one direct request of each), a row whenever that changes.
        self.asked: list[tuple[float, Work]] = [(0.0, self._work)]
        self._groups = self._connect(traffic, queues)
        self.demand = {fleet: demanded(fleet, traffic, calls) for fleet in queues}
        if caches:
            self._ask()

    @property
    def now(self) -> float:
        """The time of the last `advance`."""
        return self._now

    @property
    def totals(self) -> dict[str, Totals]:
        """Requests of each fleet over all closed windows."""
        return {fleet: Totals(*map(fsum, (*windows[1:6], windows.failed))) for fleet, windows in self.windows.items()}

    def advance(self, until: float) -> None:
        """Carry all traffic up to `until`; any number of calls gives the same bits."""
        for group in self._groups:
            if group.next <= until:
                group.run(until)
        self._now = until

    def join(self, server: Worker) -> None:
        """The server goes into service, at the time of the last `advance`."""
        station = self._stations[server.fleet.name]
        station.join(server, server.capacity_rps * server.speed, server.errors)
        self._changed(station)

    def leave(self, server: Worker, how: Leave) -> None:
        """The server goes out of service; the balancer knows at once, however it went."""
        station = self._stations[server.fleet.name]
        station.leave(server)
        self._changed(station)

    def pace(self, server: Worker, speed: float) -> None:
        """The server serves at this part of its nominal rate from now on; nothing if it is out of service."""
        station = self._stations[server.fleet.name]
        if station.serves(server):
            station.leave(server)
            station.join(server, server.capacity_rps * speed, server.errors)
            self._changed(station)

    def err(self, server: Worker, share: float) -> None:
        """This share of the server's answers are errors from now on; nothing if it is out of service."""
        station = self._stations[server.fleet.name]
        if station.serves(server):
            station.leave(server)
            station.join(server, server.capacity_rps * server.speed, share)
            self._changed(station)

    def load(self, fleet: str, window: float) -> Load:
        """The mean demand of the last `window` seconds (fewer at the start), and the capacity now; moves nothing."""
        station, start, now = self._stations[fleet], max(0.0, self._now - window), self._now
        demand = mean_asked(fleet, self._traffic, self.asked, start, now) if self._caches else self.demand[fleet].mean(start, now)
        group = self._groups[station.group]
        if group.calm:
            flow = demand
        else:
            waiting, flow = group.waiting(), 0.0
            for number, limit in enumerate(group.limits(waiting)):
                source = group.sources[number]
                name = self.fleets[source.number]
                calls = self._work[name].get(fleet, 0.0)
                if calls:
                    flow += calls * (limit if waiting[number] else min(limit, self._traffic[name].mean(start, now)))
        utilisation = min(1.0, flow / station.capacity) if station.capacity else float(demand > 0)
        return Load(demand, station.capacity, utilisation, station.servers)

    def finish(self, horizon: float) -> None:
        """Carry traffic to the end of the run, close the last window, and write the columns."""
        assert horizon > 0
        self.advance(horizon)
        for group in self._groups:
            group.finish(horizon)
        sources = {self.fleets[source.number]: source for group in self._groups for source in group.sources}
        count = max((group.windows for group in self._groups if group.sources), default=0) or _count(horizon, self._window)
        starts = [k * self._window for k in range(count)]
        for number, fleet in enumerate(self.fleets):
            through = [(sources[name], calls[fleet]) for name, calls in self._reach.items() if fleet in calls]
            # A fleet is offered its own traffic, and the calls that are made: what waits or is lost, waits and is lost at the caller.
            offered, served = (
                [fsum([calls * s.windows[k][0] if offers and s.number == number else s.calls(fleet, k, calls) for s, calls in through]) for k in range(count)]
                if through
                else [0.0] * count
                for offers in (True, False)
            )
            own = ([row[kind] for row in sources[fleet].windows] if fleet in sources else [0.0] * count for kind in (2, 3, 4, 5))
            failed = [fsum([source.failed[k].get(fleet, 0.0) for source, _ in through if k in source.failed]) for k in range(count)]
            well = [max(0.0, answered - errors) for answered, errors in zip(served, failed, strict=True)]
            self.windows[fleet] = Windows(starts, offered, well, *(*own, failed))
            self.backlogs[fleet] = sources[fleet].trail if fleet in sources else []
            self.limited[fleet] = sources[fleet].limited if fleet in sources else []

    def keep(self, record: Record, horizon: float) -> None:
        """Write windows and backlogs; what this engine does not model is none, or not known."""
        for fleet, windows in self.windows.items():
            for signal, rows in (("backlog", self.backlogs[fleet]), ("limit", self.limited[fleet]), ("errors", self.errors[fleet])):
                record.extend("signals", {"time_s": [time for time, _ in rows], "value": [value for _, value in rows]}, fleet=fleet, signal=signal)
            counts = windows._asdict()
            times = counts.pop("start_s")
            none = dict.fromkeys(("timed_out", "refused", "lost", "full", "unanswered"), [0.0] * len(times))
            same = {"attempts": windows.offered, "errors": windows.failed, "in_flight": windows.backlog, "longest_s": [nan] * len(times)}
            record.extend("windows", {"time_s": times, "end_s": [*times[1:], horizon], **counts, **none, **same}, fleet=fleet)

    def _changed(self, station: Station) -> None:
        group = self._groups[station.group]
        if not (group.calm and station.capacity >= station.peak):
            group.cut(self._now)
        if station.errors != self._errors[station.name]:
            self._errors[station.name] = station.errors
            self._fail(group)
        if station.name in self._cached:
            self._ask()

    def _fail(self, group: Group) -> None:
        """Tell of the shares of answers that are errors from now on."""
        shares = failing(self._errors, self._calls)
        group.fail(self._now, shares)
        for fleet, share in shares.items():
            _tell(self.errors[fleet], self._now, share)

    def _ask(self) -> None:
        """Tell of the calls that are made from now on, as so many servers of the caches serve."""
        calls = behind(self._direct, self._caches, {fleet: station.servers for fleet, station in self._stations.items()})
        if calls == self._calls:
            return
        self._calls, self._work = calls, {fleet: work(fleet, calls) for fleet in self._traffic}
        if self.asked[-1][0] == self._now:
            self.asked.pop()
        self.asked.append((self._now, self._work))
        for group in self._groups:
            asked = [[(self._stations[name], number) for name, number in self._work[self.fleets[source.number]].items()] for source in group.sources]
            if asked != [source.work for source in group.sources]:
                group.ask(self._now, asked)
                if any(self._errors.values()):
                    self._fail(group)

    def _connect(self, traffic: Mapping[str, Polyline], queues: Mapping[str, Queue]) -> list[Group]:
        """Fleets that share a source belong together."""
        circles: list[set[str]] = []
        for fleet in queues:
            circle = {fleet, *self._work.get(fleet, ())}
            apart = [other for other in circles if not other & circle]
            circles = [*apart, circle.union(*(other for other in circles if other & circle))]
        circles.sort(key=lambda circle: min(map(self.fleets.index, circle)))
        groups = []
        for number, circle in enumerate(circles):
            members = [fleet for fleet in queues if fleet in circle]
            sources = []
            for fleet in members:
                if fleet in traffic:
                    reached = [(self._stations[name], calls) for name, calls in self._work[fleet].items()]
                    sources.append(Source(self.fleets.index(fleet), queues[fleet], reached))
            for fleet in members:
                self._stations[fleet].group = number
            groups.append(Group([self._stations[fleet] for fleet in members], sources, [traffic[fleet] for fleet in members if fleet in traffic], self._window))
        return groups


def _tell(rows: list[tuple[float, float]], time: float, share: float) -> None:
    """A share from now on: a row only where it is another than before."""
    if rows and rows[-1][0] == time:
        rows.pop()
    if share != (rows[-1][1] if rows else 0.0):
        rows.append((time, share))


def _count(horizon: float, window: float) -> int:
    """Windows until the horizon, when no traffic has counted them."""
    whole = int(horizon // window)
    return whole + (horizon - whole * window > 1e-9 * window)
