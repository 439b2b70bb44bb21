"""Disks: the layers on one host, which pulls what is missing, one image at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simpy import Event

if TYPE_CHECKING:
    from simulator.fleets.image import Layer
    from simulator.fleets.registry import Depot
    from simulator.server import Life
    from simulator.simulation import Simulation
    from simulator.sites import Host


class Pull:
    """One image that a host is to have, and the containers that wait for it."""

    __slots__ = ("asked", "depot", "fleet", "layers", "waiters")

    def __init__(self, fleet: str, layers: Sequence[Layer], depot: Depot, asked: float) -> None:
        self.fleet, self.layers, self.depot, self.asked = fleet, layers, depot, asked
        self.waiters: list[Event] = []

    @property
    def digest(self) -> str:
        """That of the image: of its topmost layer, which says all below."""
        return self.layers[-1].digest


class Disk:
    """What a host has it keeps. It pulls in the order of asking (the kubelet's serializeImagePulls), and goes on where a container that asked is gone."""

    __slots__ = ("_bandwidth", "_copy", "_host", "_queue", "_unpack", "layers", "platform", "world")

    def __init__(self, world: Simulation, host: Host, bandwidth: float, unpack: float, platform: str) -> None:
        self.world, self._host, self._bandwidth, self._unpack = world, host, bandwidth, unpack
        self.platform = platform
        self.layers: set[str] = set()
        self._queue: list[Pull] = []  # the first is under way
        self._copy: Event | None = None

    def lacks(self, layers: Sequence[Layer]) -> list[Layer]:
        """Those that are not there."""
        if layers[-1].digest in self.layers:  # which never came without those below
            return []
        return [layer for layer in layers if layer.digest not in self.layers]

    def put(self, fleet: str, layers: Sequence[Layer]) -> None:
        """These are there from now on."""
        for layer in layers:
            self.layers.add(layer.digest)
            self.world.record.write("disks", self.world.now, self._host.name, fleet, layer.digest, layer.size)

    def pull(self, fleet: str, layers: Sequence[Layer], depot: Depot) -> Event:
        """What happens when an image is there, or cannot be had: its value says why. Who asks for the same one meanwhile waits for the same pull."""
        done, digest = self.world.event(), layers[-1].digest
        if not self._host.up:  # what is on it is started again when it is back, and asks again
            return done
        asked = next((pull for pull in self._queue if pull.digest == digest), None)
        if asked is None:
            asked = Pull(fleet, layers, depot, self.world.now)
            self._queue.append(asked)
            if len(self._queue) == 1:
                self.world.process(self.work(self._queue))
        asked.waiters.append(done)
        return done

    def work(self, queue: list[Pull]) -> Life:
        """Pull one image after another, for as long as any is asked for and the host is not lost."""
        while queue:
            pull = queue[0]
            missing = self.lacks(pull.layers)
            failed = pull.depot.refuses(pull.digest) or (yield from self.fetch(pull.depot, sum(layer.size for layer in missing)))
            if queue is not self._queue:
                return
            queue.pop(0)
            if not failed:
                self.put(pull.fleet, missing)
            self._write(pull, failed or "pulled", [] if failed else missing)
            for done in pull.waiters:
                done.succeed(failed or None)

    def fetch(self, depot: Depot, size: float) -> Life:
        """Copy so many bytes and unpack them; returns what went wrong."""
        self._copy = depot.copy(size, self._bandwidth)
        failed = yield self._copy
        self._copy = None
        if not failed:
            yield self.world.timeout(size / self._unpack)
        return failed

    def lost(self) -> None:
        """The host is down: what it pulled, or was to pull, is forgotten; what lies on it stays."""
        if self._queue:
            pull = self._queue[0]
            if self._copy:
                pull.depot.drop(self._copy)
            self._write(pull, "host lost", [])
        self._queue, self._copy = [], None

    def _write(self, pull: Pull, outcome: str, came: Sequence[Layer]) -> None:
        size = sum(layer.size for layer in came)
        self.world.record.write("pulls", pull.asked, self.world.now, pull.fleet, self._host.name, pull.digest, len(came), size, outcome)
