"""Crash-loop back-off: how long a container that has died waits before it is started again (client-go flowcontrol.Backoff; kubelet doBackOff)."""

from __future__ import annotations

from typing import NamedTuple

FORGIVEN_AFTER = 600.0  # seconds from the last start to a death: after a longer run nothing is held against it


class Limits(NamedTuple):
    """The first pause and the longest (seconds)."""

    initial: float = 10.0
    most: float = 300.0


DEFAULT = Limits()


def limits(reduced_decay: bool = False, node_most: float | None = None) -> Limits:
    """Those of a kubelet with the gate ReduceDefaultCrashLoopBackOffDecay, and with a maximum of its own (KubeletCrashLoopBackOffMax) if it has one."""
    usual = Limits(1.0, 60.0) if reduced_decay else DEFAULT
    return usual if node_most is None else Limits(min(usual.initial, node_most), node_most)


class Backoff:
    """One keyed back-off: a delay that doubles with each failure, up to the longest; times are seconds on one clock."""

    __slots__ = ("delay", "expires", "inclusive", "limits", "updated")

    def __init__(self, limits: Limits = DEFAULT, expires: float | None = FORGIVEN_AFTER, inclusive: bool = False) -> None:
        self.limits = limits
        self.expires = 2 * limits.most if expires is None else expires  # quiet seconds after which it is forgotten: more than these, or where inclusive as many
        self.inclusive = inclusive
        self.delay = 0.0  # seconds
        self.updated: float | None = None  # when it last changed; None where there is none

    @property
    def known(self) -> bool:
        """Whether there is one."""
        return self.updated is not None

    def expired(self, event: float) -> bool:
        """Whether so long has passed up to an event that nothing is held against it."""
        quiet = event - (event if self.updated is None else self.updated)
        return quiet >= self.expires if self.inclusive else quiet > self.expires

    def fail(self, now: float, event: float | None = None) -> None:
        """One more failure, counted now, of an event (where none is given, now)."""
        again = self.known and not self.expired(now if event is None else event)
        self.delay = min(2 * self.delay, self.limits.most) if again else self.limits.initial
        self.updated = now

    def reset(self) -> None:
        """Forget it."""
        self.delay, self.updated = 0.0, None

    def collect(self, now: float) -> None:
        """Forget it if it has expired."""
        if self.known and self.expired(now):
            self.reset()

    def waiting(self, now: float, since: float) -> bool:
        """Whether it is too early now for who has failed at a time."""
        return self.known and not self.expired(since) and now - since < self.delay

    def waiting_after(self, event: float) -> bool:
        """Whether an event comes too early after the last failure."""
        return self.updated is not None and not self.expired(event) and event - self.updated < self.delay

    def pause(self, died: float) -> float:
        """How long (seconds) a container that died at a time waits until it is started again: the first time not at all. The next pause grows then."""
        wait = self.delay if self.known and not self.expired(died) else 0.0
        self.fail(died + wait, died)
        return wait
