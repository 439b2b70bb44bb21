"""Group: the fleets that calls connect, through which traffic flows from one event to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil, inf

from simulator.polyline import FINEST, Polyline
from simulator.serving.fluid import Phase
from simulator.serving.source import Source
from simulator.serving.station import Station

INSTANT = 1e-9  # seconds; a slope over less than that is a jump
STALLS = 1000  # steps of no length in a row: more would be a loop


class Group:
    """Stations that share sources; nothing moves but at its own events: a knot, a window's edge, a phase's end, a cut."""

    __slots__ = ("_edge", "_piece", "_stalls", "_users", "calm", "last", "next", "sources", "stations", "times", "unsettled", "varies", "window", "windows")

    def __init__(self, stations: list[Station], sources: list[Source], rates: list[Polyline], window: float) -> None:
        self.stations = [station for station in stations if any(station is used for source in sources for used, _ in source.work)]
        self.sources = sources
        self.window = window
        self.windows = 0  # closed
        self.last = 0.0  # traffic has flowed up to here
        self.next = 0.0 if sources else inf
        self.unsettled = True  # a capacity changed at `last`
        self.varies = False  # the calls of a request change
        self.calm = not sources  # no backlog, and none possible before the next event
        self._piece = 0
        self._edge = window
        self._stalls = 0
        self._users = self._used()
        self.times = self._lay(rates)

    def cut(self, now: float) -> None:
        """A capacity changed: let traffic flow up to now under the old one."""
        if now > self.last:
            self._flow(now)
        self.unsettled, self.calm, self.next = True, False, now

    def fail(self, now: float, shares: Mapping[str, float]) -> None:
        """From now on such a share of each station's answers are errors."""
        if self.sources:
            self.cut(now)
        for source in self.sources:
            source.failing = {station.name: calls * shares[station.name] for station, calls in source.work if shares[station.name]}

    def ask(self, now: float, work: Sequence[list[tuple[Station, float]]]) -> None:
        """From now on a request of each source asks so much of each station."""
        self.cut(now)
        for source, own in zip(self.sources, work, strict=True):
            source.work, source.asking = own, {station.name: calls for station, calls in own}
        self._users, self.varies = self._used(), True

    def run(self, until: float) -> None:
        """Let traffic flow through all own events up to `until`."""
        if self.unsettled:
            if until <= self.last:
                return
            self._settle()
        while self.next <= until:
            self._flow(self.next)
            if self.last >= self._edge:
                self.close()
            self._settle()

    def close(self) -> None:
        """End a window here."""
        for source in self.sources:
            source.windows.append((*source.sums, source.queue.backlog))
            source.sums = [0.0] * 5
        self.windows += 1
        self._edge = (self.windows + 1) * self.window

    def finish(self, horizon: float) -> None:
        """Let the rest flow, and close the last window."""
        if not self.sources:
            return
        self.run(horizon)
        if horizon > self.last:
            self._flow(horizon)
        if horizon - self.windows * self.window > 1e-9 * self.window:
            self.close()
        else:  # a sliver that rounding left belongs to the window before
            for source in self.sources:
                *sums, _ = source.windows.pop()
                source.sums = [one + more for one, more in zip(sums, source.sums, strict=True)]
                source.fold(self.windows)
            self.windows -= 1
            self.close()

    def limits(self, waiting: list[bool]) -> list[float]:
        """How many requests/s each source may have served: alone at a station, all of it; several share in proportion to their demand."""
        limits = [inf] * len(self.sources)
        for station in self.stations:
            users, capacity = self._users[id(station)], station.capacity
            if len(users) == 1:
                number, calls = users[0]
                limits[number] = min(limits[number], capacity / calls)
                continue
            means = [self.sources[number].means[self._piece] for number, _ in users]
            demand = sum([calls * mean for (_, calls), mean in zip(users, means, strict=True)])
            for (number, calls), mean in zip(users, means, strict=True):
                if demand >= capacity:
                    share = capacity * mean / demand if demand else 0.0
                else:
                    # What is left over is for the backlogs; one that is about to begin has its part already.
                    claims = sum([waiting[other] or other == number for other, _ in users])
                    share = mean + (capacity - demand) / (calls * claims)
                limits[number] = min(limits[number], share)
        return limits

    def waiting(self) -> list[bool]:
        """Which sources have a backlog now."""
        if self.unsettled:
            return [source.queue.backlog > 0 for source in self.sources]
        return [source.queue.phase is not Phase.idle for source in self.sources]

    def _flow(self, until: float) -> None:
        s = until - self.last
        self._stalls = 0 if s > 0 else self._stalls + 1
        assert self._stalls < STALLS, f"traffic stands still at {until} s"
        for source in self.sources:
            sums = source.sums
            if self.calm:
                offered = max(0.0, s * (source.rate + source.slope * s / 2))
                sums[0] += offered
                sums[1] += offered
                if source.failing or source.asking:
                    source.tell(self.windows, offered)
                continue
            before = source.queue.backlog
            flow = source.queue.move(until)
            for kind, requests in enumerate(flow):
                sums[kind] += requests
            if source.failing or source.asking:
                source.tell(self.windows, flow.served)
            if source.queue.backlog or before:
                source.note(until)
        self.last = until

    def _settle(self) -> None:
        """Find what each line does from here on, and until when."""
        now, piece, times = self.last, self._piece, self.times
        self.unsettled = False
        while times[piece + 1] <= now:
            piece += 1
        if piece != self._piece or not now:
            self._piece = piece
            for station in self.stations:
                station.peak = station.peaks[piece]
        if self.varies:
            for station in self.stations:
                station.peak = self._highest(station)
        end = min(times[piece + 1], self._edge)
        passed = now - times[piece]
        empty = True
        for source in self.sources:
            source.slope = slope = source.slopes[piece]
            source.rate = source.rates[piece] + slope * passed
            empty = empty and not source.queue.backlog
        was, self.calm = self.calm, empty
        for station in self.stations:
            if station.capacity < station.peak:
                self.calm = False
        if not self.calm:
            self.next = self._begin(now, end)
            return
        self.next = end
        if not was:
            for source in self.sources:
                source.queue.phase = Phase.idle
                source.press(now, inf)

    def _begin(self, now: float, end: float) -> float:
        """Start every line's phase; returns when the first of them ends."""
        waiting = [source.queue.backlog > 0 for source in self.sources]
        limits = self.limits(waiting)
        new = True
        while new and len(self.sources) > 1:  # a backlog that begins takes from the others, of which one may begin too
            new = False
            for number, source in enumerate(self.sources):
                if not waiting[number] and source.rises(now, limits[number]):
                    waiting[number] = new = True
            if new:
                limits = self.limits(waiting)
        due = end
        for source, limit in zip(self.sources, limits, strict=True):
            due = min(due, source.queue.begin(now, source.rate, source.slope, limit, end))
            source.press(now, inf if source.queue.phase is Phase.idle else limit)
            if source.queue.phase is not Phase.idle and not source.queue.backlog and source.queue.places:
                source.note(now)
        return due

    def _used(self) -> dict[int, list[tuple[int, float]]]:
        """Which sources ask something of each station, and how much."""
        return {
            id(station): [(i, calls) for i, source in enumerate(self.sources) for used, calls in source.work if used is station] for station in self.stations
        }

    def _highest(self, station: Station) -> float:
        """The demand of a station at the start of this piece or at its end, whichever is higher, with the calls of now."""
        piece, users = self._piece, self._users[id(station)]
        width = self.times[piece + 1] - self.times[piece]
        start = sum([calls * self.sources[number].rates[piece] for number, calls in users])
        slope = sum([calls * self.sources[number].slopes[piece] for number, calls in users])
        return start + slope * width if slope > 0 else start

    def _lay(self, rates: list[Polyline]) -> list[float]:
        """Cut the rates of all sources at the same times, and know each station's highest demand between them."""
        times = sorted({0.0, *(time for rate in rates for time in rate.times if time > 0)})
        if len(rates) > 1:
            times = sorted({*times, *(time for rate in rates for time in _between(rate, times))})
        ends = []
        for source, rate in zip(self.sources, rates, strict=True):
            sides = list(rate.ends(times))
            source.rates = [after for _, after in sides]
            ends.append([before for before, _ in sides[1:]] + [sides[-1][1]])
            source.means = [(low + high) / 2 for low, high in zip(source.rates, ends[-1], strict=True)]
            steps = zip(source.rates, ends[-1], times, times[1:], strict=False)
            source.slopes = [(high - low) / (end - start) if end - start > INSTANT else 0.0 for low, high, start, end in steps] + [0.0]
        for station in self.stations:
            users = self._users[id(station)]
            demands = [[calls * rate for rate in side[number]] for number, calls in users for side in ([s.rates for s in self.sources], ends)]
            low, high = demands[::2], demands[1::2]
            station.peaks = [max(sum(starts), sum(stops)) for starts, stops in zip(zip(*low, strict=True), zip(*high, strict=True), strict=True)]
        return [*times, inf]


def _between(rate: Polyline, times: list[float]) -> list[float]:
    """More knots where a rate varies for long, as shares of a station follow mean rates."""
    more: list[float] = []
    for start, end in pairwise(times):
        if end - start > FINEST and rate(start) != rate.before(end):
            steps = ceil((end - start) / FINEST)
            more += [start + (end - start) * step / steps for step in range(1, steps)]
    return more
