"""Deadline: a backlog in the order of arrival, whose clients all leave after the same wait."""

from __future__ import annotations

from collections import deque
from math import inf, sqrt, ulp
from typing import NamedTuple

from simulator.serving.fluid import Flow, Phase, reach, settled


class Inflow(NamedTuple):
    """Clients let in from `start` to `end`, at a linear rate."""

    start: float
    end: float
    rate: float
    slope: float

    def at(self, time: float) -> float:
        return max(0.0, self.rate + self.slope * (time - self.start))


class Deadline:
    """A backlog of the clients let in since the head of the line arrived, at most `patience` seconds ago."""

    __slots__ = ("_drift", "_expires", "_expiring", "_head", "_limit", "_line", "_out", "_outcome", "_rate", "_slope", "_start",
                 "backlog", "due", "patience", "phase", "places")  # fmt: skip

    def __init__(self, places: float, patience: float) -> None:
        self.places = places
        self.patience = patience
        self.backlog = 0.0
        self.phase = Phase.idle
        self.due = 0.0
        self._outcome: float | None = None  # the exact backlog at `due`, where it is known
        self._expires = False  # at `due` the head's time is up
        self._expiring = False
        self._start = self._rate = self._slope = self._limit = 0.0
        self._out = self._drift = 0.0  # rate and slope of those who are served or leave
        self._head = 0.0  # when the head of the line arrived
        self._line: deque[Inflow] = deque()

    def begin(self, start: float, rate: float, slope: float, limit: float, end: float) -> float:
        """From `start` on, arrivals are linear and at most `limit` are served; returns when the phase ends, at most `end`."""
        self._start, self._rate, self._slope, self._limit = start, rate, slope, limit
        self._outcome, self._expires = None, False
        if not self.backlog:
            self._line.clear()
        if not self._line:
            self._head = start
        self._expire()
        growth = settled(rate - self._out, slope - self._drift, start, max(rate, self._out))
        bend = slope - self._drift
        rising = growth > 0 or growth == 0 < bend
        if rising and self.backlog >= self.places:
            self.phase = Phase.full
            due = start - growth / bend if bend < 0 else end
        elif rising or self.backlog > 0:
            self.phase = Phase.open
            due = self._monotone(growth, bend, end)
        else:
            self.phase = Phase.idle
            due = start - growth / bend if bend > 0 else end
        self.due = min(due, end)
        if self.phase is not Phase.idle and self.places > 0:
            self._next_leave()
        return self.due

    def move(self, until: float) -> Flow:
        """Flow up to `until`, at most the end of the phase."""
        s = until - self._start
        offered = max(0.0, s * (self._rate + self._slope * s / 2))
        if self.phase is Phase.idle:
            return Flow(offered, offered, 0.0, 0.0)
        served, abandoned, rejected, before = s * self._limit, 0.0, 0.0, self.backlog
        if self._expiring:
            abandoned = max(0.0, s * (self._out - self._limit + self._drift * s / 2))
        grown = s * (self._rate - self._out + (self._slope - self._drift) * s / 2)
        due = until == self.due
        self._let_in(until)
        if self.phase is Phase.full:
            rejected = max(0.0, grown)
        elif due and self._outcome is not None:
            self.backlog = self._outcome
        else:
            self.backlog = max(0.0, self.backlog + grown)
        if self._expiring or (due and self._expires):
            self._head = until - self.patience
        else:
            self._serve(served, until)
        bend = s * s * s * (self._slope - self._drift) / 12 if self.phase is Phase.open else 0.0
        return Flow(offered, served, abandoned, rejected, max(0.0, s * (before + self.backlog) / 2 - bend))

    def _expire(self) -> None:
        """See whether the head's time is up, with more behind it than can be served."""
        self._out, self._drift, self._expiring = self._limit, 0.0, False
        blur = 4 * ulp(self._start)
        if self._line and self._start - self._head >= self.patience - blur:
            head = self._start - self.patience
            while len(self._line) > 1 and self._line[0].end <= head + blur:
                self._line.popleft()
            rate, slope = self._line[0].at(head), self._line[0].slope
            excess = settled(rate - self._limit, slope, self._start, max(rate, self._limit))
            if excess > 0 or excess == 0 <= slope or not self._limit:
                self._out, self._drift, self._expiring, self._head = rate, slope, True, head

    def _monotone(self, growth: float, bend: float, end: float) -> float:
        """When a backlog that only rises, or only falls, meets its bound or turns round."""
        turn = -growth / bend if growth * bend < 0 else inf
        span, due = (turn, self._start + turn) if turn < end - self._start else (end - self._start, end)
        sign = 1.0 if growth > 0 or growth == 0 < bend else -1.0
        bound = self.places if sign > 0 else 0.0
        distance = sign * (bound - self.backlog)
        if sign * span * (growth + bend * span / 2) >= distance:
            self._outcome = bound
            due = min(due, self._start + reach(distance, sign * growth, sign * bend, span))
        return due

    def _next_leave(self) -> None:
        """Bring `due` forward to when the flow of those who leave changes its line."""
        if self._expiring:
            piece = self._line[0]
            due = self._start + (piece.end - self._head) if len(self._line) > 1 or not self._goes_on() else inf
            if self._drift < 0 < self._limit:
                due = min(due, self._start + (self._out - self._limit) / -self._drift)
        else:
            due = self._expiry()
        if due < self.due:
            self.due, self._outcome, self._expires = due, None, not self._expiring

    def _expiry(self) -> float:
        """When the head of the line will have waited as long as it is willing to."""
        time, head, limit = self._start, self._head, self._limit
        if not limit:
            return max(time, head + self.patience)
        for piece in (*self._line, self._inflow(inf)):
            rate, slope, left = piece.at(head), piece.slope, piece.end - head
            spare = max(0.0, self.patience - (time - head))
            step = _overtake(settled(rate - limit, slope, time, max(rate, limit)), slope, limit * spare)
            if step <= left and step < inf:
                return time + spare + step
            if left == inf:
                return inf
            time += left * (rate + slope * left / 2) / limit
            head = piece.end
            if time >= self.due:
                return inf
        return inf

    def _inflow(self, end: float) -> Inflow:
        """Those let in during this phase."""
        if self.phase is Phase.full:
            return Inflow(self._start, end, self._out, self._drift)
        return Inflow(self._start, end, self._rate, self._slope)

    def _goes_on(self) -> bool:
        """Whether this phase lets in along the line of the last one."""
        last, now = self._line[-1], self._inflow(inf)
        return last.slope == now.slope and abs(last.at(self._start) - now.rate) <= 1e-12 * now.rate

    def _let_in(self, until: float) -> None:
        if self._line and self._goes_on():
            self._line[-1] = self._line[-1]._replace(end=until)
        else:
            self._line.append(self._inflow(until))

    def _serve(self, clients: float, until: float) -> None:
        """Move the head past as many clients as have been served."""
        while self._line and clients > 0:
            piece = self._line[0]
            rate, left = piece.at(self._head), piece.end - self._head
            size = left * (rate + piece.slope * left / 2)
            if clients < size:
                self._head += reach(clients, rate, piece.slope, left)
                return
            clients -= size
            self._head = piece.end
            self._line.popleft()
        if not self._line:
            self._head = until


def _overtake(faster: float, gain: float, lead: float) -> float:
    """How long until one who is so much faster, and gains linearly, makes up a lead; inf for never."""
    square = faster * faster + 2 * gain * lead
    if square < 0:
        return inf
    if faster > 0:
        return 2 * lead / (faster + sqrt(square))
    return (sqrt(square) - faster) / gain if gain > 0 else inf
