"""Containers by hand: nobody keeps them; somebody runs, restarts and removes them, as a scenario's `steps` say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.component import Model, Name, assumed, refuse
from simulator.fleets.container import Volume
from simulator.fleets.dialect import DOCKER, KUBECTL, Dialect
from simulator.fleets.part import FleetPart
from simulator.fleets.terminal import BY_HAND, REMOVED, Terminal
from simulator.laws import Law, law
from simulator.server import State
from simulator.steps import Content, FilePath, ImageName, OneOfATag, tagged

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life, Server


class Built(Model):
    """An image that somebody has built: the files in it, which nobody changes."""

    files: Mapping[FilePath, Content] = {}


class ByHand(FleetPart):
    """Containers that somebody runs by hand under docker, or pods without a controller under Kubernetes; there is none at the start."""

    kind: Literal["by_hand"] = "by_hand"
    runtime: Annotated[Literal["docker", "kubernetes"], assumed("one host with docker")] = "docker"
    images: Annotated[Mapping[ImageName, Built], OneOfATag, Field(min_length=1)]
    volumes: Mapping[Name, FilePath] = Field({}, description="Where each volume is mounted in a container that is run with it.")
    empty_dir: FilePath | None = Field(None, description="Where each pod has an emptyDir, which outlives its containers and ends with the pod.")
    start: Annotated[Law, assumed("a second, with the image on its host")] = law("constant", value="1s")

    @model_validator(mode="after")
    def _of_its_runtime(self) -> Self:
        if self.empty_dir and self.runtime == "docker":
            raise refuse("ConfigConflict", "`empty_dir` belongs to pods; give `runtime: kubernetes`, or a volume")
        if self.empty_dir in self.volumes.values():
            raise refuse("ConfigConflict", f"a volume and `empty_dir` are both mounted at {self.empty_dir}; give them places of their own")
        return self

    @property
    def size(self) -> int:
        return 0

    @property
    def dialect(self) -> Dialect:
        """How one asks for something."""
        return DOCKER if self.runtime == "docker" else KUBECTL

    def image(self, name: str) -> Built | None:
        """An image by its name, with the tag `latest` where it has none; None where nobody has built it."""
        return next((built for known, built in self.images.items() if tagged(known) == tagged(name)), None)

    def terminals(self, fleet: Fleet, names: Iterable[str]) -> Iterator[Terminal]:
        volumes = {name: Volume() for name in self.volumes}
        yield from (Terminal(self, fleet, volumes, name) for name in names)

    def announced(self, fleet: Fleet, before: int) -> None:
        """Nobody tells those who run containers by hand."""

    def life(self, server: Server, terminal: Terminal) -> Life:
        """Start and serve until it is removed. What has ended docker starts again when it is told to, and Kubernetes at once, as another container."""
        cause = yield from self.begin(server, "")
        while cause != REMOVED:
            if cause is None:
                cause = yield from server.serve()
            elif self.runtime == "docker" and cause != BY_HAND:
                cause = yield from server.wait(server.fleet.world.event(), "exited", State.DOWN, cause)
            else:
                server.renew()
                if self.runtime == "kubernetes":
                    terminal.replaced()
                cause = yield from self.begin(server, cause)
        terminal.gone()
        server.fleet.remove(server, BY_HAND)

    def begin(self, server: Server, cause: str) -> Life:
        """Be started; returns what came between."""
        return server.wait(server.draw(self.start, "start"), "start", State.STARTING, cause)
