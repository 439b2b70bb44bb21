"""Replica sets: the containers of one image, as many as are wanted of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from heapq import heappop, heappush
from itertools import takewhile
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from simulator.kubernetes.deletion_order import age_bucket

if TYPE_CHECKING:
    from simulator.server import Server
    from simulator.sites import Host


class ReplicaSet:
    """So many containers of one software stack, and what Kubernetes noted on it when it was last resized."""

    __slots__ = ("_heads", "_levels", "_until", "noted_desired", "noted_most", "number", "shelves", "stack", "touched", "wanted")

    def __init__(self, stack: int, number: int) -> None:
        self.stack, self.number = stack, number  # higher is newer
        self.wanted = self.noted_desired = self.noted_most = 0
        self.shelves: dict[Host, Shelf] = {}
        self.touched: dict[Host, None] = {}  # those on which something has changed since heads were asked for
        self._levels: dict[int, dict[Host, Entry]] = {}  # who would go first on each host, by how crowded it is
        self._heads: dict[Host, int] = {}  # in which level a host is
        self._until = inf  # as far as ages up to this time say (seconds)

    def ready(self, server: Server) -> None:
        """One of its containers is ready from now on."""
        self.shelves.setdefault(server.host, Shelf()).put(server)

    def heads(self, crowd: Mapping[Host, int], now: float) -> list[Entry]:
        """Those among its ready containers of which Kubernetes would delete the first: on each of its most crowded hosts, the one that goes before the
        others there (nobody where none is ready). Hosts on which nothing has changed are not looked at again.
        """
        if now >= self._until:
            self.touched, self._until = dict.fromkeys(self.shelves), inf
        for host in self.touched:
            self._look(host, crowd.get(host, 0), now)
        self.touched.clear()
        return list(self._levels[max(self._levels)].values()) if self._levels else []

    def _look(self, host: Host, here: int, now: float) -> None:
        """See who would go first on a host that is so crowded."""
        before = self._heads.pop(host, None)
        if before is not None:
            level = self._levels[before]
            del level[host]
            if not level:
                del self._levels[before]
        shelf = self.shelves.get(host)
        if shelf is None:
            return
        head = shelf.head(now)
        if head is None:
            del self.shelves[host]
            return
        self._heads[host] = here
        self._levels.setdefault(here, {})[host] = head
        self._until = min(self._until, shelf.until)


class Entry(NamedTuple):
    """A container, since when it is ready, and its UID; what is no longer so counts no more."""

    ready_since: float
    uid: float
    server: Server

    @property
    def holds(self) -> bool:
        pod = self.server.pod
        return pod is not None and pod.ready_since == self.ready_since and not pod.leaving and not self.server.given_up


class Shelf:
    """The ready containers of a replica set on one host, in the order in which they became ready, and by their UIDs."""

    __slots__ = ("_by_uid", "_head", "_order", "until")

    def __init__(self) -> None:
        self._order: deque[Entry] = deque()
        self._by_uid: list[tuple[float, int, Entry]] = []
        self._head: Entry | None = None  # who goes first,
        self.until = 0.0  # as far as ages up to this time say (seconds)

    def put(self, server: Server) -> None:
        assert server.pod and server.pod.ready_since is not None
        entry = Entry(server.pod.ready_since, server.pod.uid, server)
        self._order.append(entry)
        heappush(self._by_uid, (entry.uid, server.id, entry))
        self._head = None

    def head(self, now: float) -> Entry | None:
        """Who goes first: of those ready for the shortest time, as Kubernetes tells times apart, the one with the least UID."""
        head = self._head
        if head is None or now >= self.until or not head.holds:
            self._look(now)
            return self._head
        return head

    def _look(self, now: float) -> None:
        order, by_uid = self._order, self._by_uid
        while order and not order[-1].holds:
            order.pop()
        while order and not order[0].holds:
            order.popleft()
        if not order:
            by_uid.clear()
            self._head = None
            return
        youngest = age_bucket(now - order[-1].ready_since)
        oldest = order[0]
        if age_bucket(now - oldest.ready_since) == youngest:
            while not by_uid[0][2].holds:
                heappop(by_uid)
            self._head = by_uid[0][2]
        else:
            young = list(takewhile(lambda entry: age_bucket(now - entry.ready_since) == youngest, filter(lambda entry: entry.holds, reversed(order))))
            oldest = young[-1]
            self._head = min(young, key=lambda entry: entry.uid)
        self.until = oldest.ready_since + 2.0 ** (youngest + 1) * 1e-9  # then it is of the next bucket
