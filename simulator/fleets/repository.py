"""Repositories: the images of one fleet, one for each stack that is ever wanted of it."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from simulator.fleets.image import Image, Layer, build
from simulator.fleets.registry import DOWN, GONE
from simulator.kubernetes import pull_backoff
from simulator.server import State

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life, Server


class Repository:
    """It builds an image when a release changes something in it, and pushes it to the registry; a container pulls it by its digest."""

    def __init__(self, fleet: Fleet, image: Image) -> None:
        self.fleet, self.image = fleet, image
        self.depot = fleet.world.registries[image.registry]
        self._layers: dict[int, tuple[Layer, ...]] = {}  # by stack

    def build(self, stack: int, items: dict[str, str]) -> None:
        """The image of a stack, whose tag is the version of `app`; one that there is already is found again."""
        if stack in self._layers:
            return
        layers = self._layers[stack] = build(self.image, items)
        self.depot.push(layers[-1].digest)
        for place, layer in enumerate(layers):
            row = (stack, items["app"], layers[-1].digest, place, layer.item, layer.version, layer.digest, layer.size)
            self.fleet.world.record.write("images", self.fleet.world.now, self.fleet.name, *row)

    def preload(self, server: Server) -> None:
        """Its host has the image, and nobody saw it being pulled."""
        disk, layers = server.host.disk, self._layers[server.stack]
        assert disk
        disk.put(self.fleet.name, disk.lacks(layers))

    def fetch(self, server: Server, cause: str) -> Life:
        """Have the image on the host, under back-off where it cannot be pulled; returns what came between."""
        disk, layers = server.host.disk, self._layers[server.stack]
        assert disk
        asks = self.image.pull == "always"
        for failures in count(1):
            why = self.depot.refuses(layers[-1].digest) if asks else ""
            while not why and disk.lacks(layers):
                broken_off = yield from server.wait(disk.pull(self.fleet.name, layers, self.depot), "pull", State.STARTING, cause)
                if broken_off not in (None, DOWN, GONE):
                    return broken_off
                why = broken_off or ""
            if not why:
                return None
            broken_off = yield from server.wait(pull_backoff.pause(failures), "pull back-off", State.STARTING, cause)
            if broken_off:
                return broken_off
