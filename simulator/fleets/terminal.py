"""Terminals: where somebody types what is done to the containers of one name, one command after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simulator.fleets.container import Container, Mount, Volume, below, covering
from simulator.fleets.dialect import DONE, Dialect, missing
from simulator.server import READY

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.fleets.by_hand import ByHand
    from simulator.server import Life, Server
    from simulator.steps import Step

BY_HAND = "by hand"
REMOVED = "removed"


class Terminal:
    """The containers that bear one name, of which there is one at a time or none."""

    def __init__(self, part: ByHand, fleet: Fleet, volumes: dict[str, Volume], name: str) -> None:
        self.part, self.fleet, self.volumes, self.name = part, fleet, volumes, name
        self.server: Server | None = None
        self.container: Container | None = None
        self.lasting: tuple[Mount, ...] = ()  # what was mounted into the last one and outlives it

    @property
    def dialect(self) -> Dialect:
        return self.part.dialect

    @property
    def id(self) -> str:
        """The id of the container; empty where there is none."""
        return self.container.id if self.container else ""

    def command(self, step: Step) -> str:
        """What one types."""
        place = self.part.volumes.get(step.volume or "")
        if self.part.runtime == "docker":
            return self.dialect.command(step, f"{step.volume}:{place}" if place else "")
        mounts = [*([f"volume {step.volume} at {place}"] if place else []), *([f"an emptyDir at {self.part.empty_dir}"] if self.part.empty_dir else [])]
        return self.dialect.command(step, " and ".join(mounts))

    def text(self, path: str) -> str:
        """What is at a path now, or lies in a volume for the next container; empty where nothing is."""
        if self.container:
            return self.container.read(path)
        mount = covering(path, self.lasting)
        return mount.files.get(path, "") if mount else ""

    def ready(self, step: Step) -> Life:
        """Commands are answered at once; what breaks at this very moment is seen by them."""
        while self.server and not self.server.asleep:
            yield self.fleet.world.timeout(0)

    def do(self, step: Step) -> Life:
        """Do it; returns what came of it."""
        if step.run:
            return (yield from self.run(step))
        if not self.server or not self.container:
            return self._says(self.dialect.absent)
        if self.server.holds:
            return self._says(self.dialect.away)
        if step.remove:
            self.server.stop(REMOVED)
            self.unmount()
            while self.server:
                yield self.fleet.world.timeout(0)
            return DONE
        if self.server.state not in READY and not (step.restart and self.part.runtime == "docker"):
            return self._says(self.dialect.stopped)
        if step.write:
            self.container.write(step.path, step.text or "")
        elif step.read:
            return DONE if self.container.read(step.path) else missing(step.path)
        else:
            return (yield from self.settled(self.server, stop=True))
        return DONE

    def run(self, step: Step) -> Life:
        """Make a container and start it, unless there is one of this name, or another has its volume."""
        world, volume = self.fleet.world, self.volumes.get(step.volume or "")
        if self.server:
            return self._says(self.dialect.taken)
        if not world.ground.up:
            return self._says(self.dialect.away)
        if volume and volume.writer:
            return f"volume {step.volume} is in use by {volume.writer}"
        self.server = self.fleet.add(name=self.name)
        image = self.part.image(step.image or "")
        assert image
        self.container = Container(self.fresh_id(self.server), image.files, self.mounts(step.volume or "", volume, image.files))
        world.process(self.part.life(self.server, self))
        return (yield from self.settled(self.server))

    def mounts(self, name: str, volume: Volume | None, image: Mapping[str, str]) -> list[Mount]:
        """What a new container has mounted. Docker puts into an empty volume what the image has at its place; Kubernetes hides it."""
        mounts = [Mount(self.part.empty_dir, {})] if self.part.empty_dir else []
        self.lasting = ()
        if volume:
            place = self.part.volumes[name]
            if self.part.runtime == "docker" and not volume.files:
                volume.files |= below(place, image)
            volume.writer = self.name
            self.lasting = (Mount(place, volume.files),)
        return [*mounts, *self.lasting]

    def settled(self, server: Server, stop: bool = False) -> Life:
        """Wait until it serves, once it has been stopped; or until it has ended by itself."""
        over = server.reaches("well") | server.reaches("exited")
        if stop:
            server.stop(BY_HAND)
        yield over
        return DONE if server.state in READY else self._says(self.dialect.stopped)

    def fresh_id(self, server: Server) -> str:
        """The id of the container that begins in this life of a server."""
        digits = self.dialect.digits
        return f"{int(self.fleet.world.uniform('container id', server.entity, server.life) * 16**digits):0{digits}x}"

    def replaced(self) -> None:
        """The container has ended in its pod: another of the image takes its place."""
        assert self.container and self.server
        self.container = self.container.another(self.fresh_id(self.server))

    def gone(self) -> None:
        """The container is no more, and its layer is gone with it."""
        self.server = self.container = None

    def unmount(self) -> None:
        """Its volume is free: who is run at this very moment may have it."""
        for volume in self.volumes.values():
            if volume.writer == self.name:
                volume.writer = ""

    def _says(self, answer: str) -> str:
        return answer.format(name=self.name, id=self.id)
