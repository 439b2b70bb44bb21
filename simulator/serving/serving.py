"""Serving: what carries traffic to the servers of every fleet of one policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from simulator.server import Leave

if TYPE_CHECKING:
    from simulator.record import Record

__all__ = ["Leave", "Load", "Serving", "Worker"]


class Load(NamedTuple):
    """What an autoscaler may see of a fleet."""

    demand_rps: float  # offered, so it does not saturate
    capacity_rps: float
    utilisation: float  # 0 to 1; 1 when there is demand and nobody to serve it
    servers: int  # in service


class Named(Protocol):
    """Anything with a name, such as a fleet."""

    @property
    def name(self) -> str: ...


class Worker(Protocol):
    """What serving knows of a server."""

    @property
    def fleet(self) -> Named: ...
    @property
    def slot(self) -> int: ...
    @property
    def entity(self) -> str: ...  # what draws for it are keyed by
    @property
    def capacity_rps(self) -> float: ...  # nominal, of this one server
    @property
    def speed(self) -> float: ...  # 1.0 is full speed
    @property
    def errors(self) -> float: ...  # the share of its answers that are errors


class Serving(Protocol):
    """An engine that brings traffic up to now and is told of every change of the servers."""

    def advance(self, until: float) -> None:
        """Carry all traffic up to `until`; any number of calls gives the same bits."""

    def join(self, server: Worker) -> None:
        """The server goes into service, at the time of the last `advance`."""

    def leave(self, server: Worker, how: Leave) -> None:
        """The server goes out of service."""

    def pace(self, server: Worker, speed: float) -> None:
        """The server serves at this part of its nominal rate from now on; nothing if it is out of service."""

    def err(self, server: Worker, share: float) -> None:
        """This share of the server's answers are errors from now on; nothing if it is out of service."""

    def load(self, fleet: str, window: float) -> Load:
        """The mean demand of the last `window` seconds (fewer at the start), and the capacity now; moves nothing."""

    def finish(self, horizon: float) -> None:
        """Carry traffic to the end of the run and close the last window."""

    def keep(self, record: Record, horizon: float) -> None:
        """Write down what was counted."""
