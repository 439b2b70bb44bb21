"""Replica sets: the containers of one image, as many as are wanted of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from simulator.kubernetes.deletion_order import age_bucket

if TYPE_CHECKING:
    from simulator.server import Server
    from simulator.sites import Host


class ReplicaSet:
    """So many containers of one software stack, and what Kubernetes noted on it when it was last resized."""

    __slots__ = ("noted_desired", "noted_most", "number", "shelves", "stack", "wanted")

    def __init__(self, stack: int, number: int) -> None:
        self.stack, self.number = stack, number  # higher is newer
        self.wanted = self.noted_desired = self.noted_most = 0
        self.shelves: dict[Host, Shelf] = {}

    def ready(self, server: Server) -> None:
        """One of its containers is ready from now on."""
        self.shelves.setdefault(server.host, Shelf()).put(server)

    def first_to_go(self, crowd: Mapping[Host, int], now: float) -> Iterator[Server]:
        """Those among its ready containers of which Kubernetes would delete the first: on each of its most crowded hosts, the one that goes before the
        others there (nothing where none is ready).
        """
        most, heads = -1, []
        for host, shelf in self.shelves.items():
            here = crowd.get(host, 0)
            if here >= most and (head := shelf.head(now)):
                if here > most:
                    most, heads = here, []
                heads.append(head)
        yield from heads


class Entry(NamedTuple):
    """A container, and since when it is ready; what is no longer so counts no more."""

    ready_since: float
    server: Server

    @property
    def holds(self) -> bool:
        pod = self.server.pod
        return pod is not None and pod.ready_since == self.ready_since and not pod.leaving and not self.server.given_up


class Shelf:
    """The ready containers of a replica set on one host, in the order in which they became ready, and by their UIDs."""

    __slots__ = ("_by_uid", "_order")

    def __init__(self) -> None:
        self._order: list[Entry] = []
        self._by_uid: list[tuple[float, int, Entry]] = []

    def put(self, server: Server) -> None:
        assert server.pod and server.pod.ready_since is not None
        entry = Entry(server.pod.ready_since, server)
        self._order.append(entry)
        heappush(self._by_uid, (server.pod.uid, server.id, entry))

    def head(self, now: float) -> Server | None:
        """Who goes first: of those ready for the shortest time, as Kubernetes tells times apart, the one with the least UID."""
        order = self._order
        while order and not order[-1].holds:
            order.pop()
        if not order:
            self._by_uid.clear()
            return None
        while not self._by_uid[0][2].holds:
            heappop(self._by_uid)
        least = self._by_uid[0][2]
        youngest = age_bucket(now - order[-1].ready_since)
        if age_bucket(now - least.ready_since) == youngest:
            return least.server
        young = []
        for entry in reversed(order):
            if entry.holds:
                if age_bucket(now - entry.ready_since) != youngest:
                    break
                young.append(entry)
        return min(young, key=lambda entry: entry.server.pod.uid if entry.server.pod else 0.0).server
