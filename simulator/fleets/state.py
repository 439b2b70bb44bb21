"""State: what users write to the servers of a fleet, and where these keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from simulator.component import Model, Name, assumed, meant, refuse
from simulator.fleets.volume import Volume, Volumes
from simulator.fleets.written import Store, Written
from simulator.problems import Path
from simulator.units import PositiveRate, Size

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.fleets.part import FleetPart
    from simulator.simulation import Simulation


class Kept(Model):
    """Users write at a rate, spread evenly over the servers in service, and it is kept in one place.

    The `writable_layer` of a container goes with it, and one that starts anew in its pod is another container; an `empty_dir` goes with the pod; a `volume`
    comes back with the replacement; a `store` is another fleet, and while that does not serve nothing is written. A pet has its `disk`, which outlives
    a reboot and a repair; a backup that is restored has what was written up to then.
    """

    kept: Literal["writable_layer", "empty_dir", "volume", "store", "disk"]
    writes: Annotated[PositiveRate, assumed("one a second, of all users together")] = 1.0
    size: Annotated[Size, assumed("a form or a small page")] = 10e3  # of each
    store: Name | None = Field(None, description="The fleet it is kept in, with `kept: store`.")
    volume: Volume | None = Field(None, description="How a volume is moved, with `kept: volume`.")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.kept == "store" and self.store is None:
            raise refuse("ConfigMissing", "`kept: store` needs the fleet that has it, as in `store: db`")
        if self.kept != "store" and self.store is not None:
            raise refuse("ConfigConflict", f"`store` goes with `kept: store`, not with `kept: {self.kept}`")
        if self.kept != "volume" and self.volume is not None:
            raise refuse("ConfigConflict", f"`volume` goes with `kept: volume`, not with `kept: {self.kept}`")
        return self

    def unfit(self, part: FleetPart, fleets: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
        """What of it does not fit its fleet and the fleets beside it: where, class and sentence."""
        if self.store is not None and self.store not in fleets:
            yield ("state", "store"), "ConfigChoice", f"no fleet {self.store!r} in this policy{meant(self.store, fleets)}"
        if not part.most:
            yield ("state",), "ConfigConflict", "what is written to containers run by hand is said by `steps`; leave it out here"
        elif part.containers and self.kept == "disk":
            yield (
                ("state", "kept"),
                "ConfigConflict",
                "a container has no disk of its own: `writable_layer`, `empty_dir`, `volume` or `store`",
            )
        elif not part.containers and self.kept not in ("disk", "store"):
            yield ("state", "kept"), "ConfigConflict", f"a `{self.kept}` is for containers; a pet keeps its state on its `disk`, or in a `store`"
        elif self.kept == "volume":
            yield from (self.volume or Volume()).unfit(part)

    def open(self, world: Simulation, fleet: Fleet) -> None:
        """Account for it from the start on."""
        store = Store() if self.store else None
        fleet.written = Written(world, fleet, self.kept, self.writes * self.size, store)
        fleet.keepers.append(fleet.written)
        if store and self.store:
            store.written = fleet.written
            world.fleets[self.store].keepers.append(store)
        if self.kept == "volume":
            fleet.volumes = Volumes(world, fleet, self.volume or Volume())
            fleet.keepers.append(fleet.volumes)
