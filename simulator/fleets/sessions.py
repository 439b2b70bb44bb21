"""Sessions: users who come, stay for a while, and leave something on a server that their next request needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, model_validator

from simulator.component import Model, Name, assumed, meant, refuse
from simulator.fleets.session_book import SessionBook, Shards
from simulator.laws import LastingLaw, law
from simulator.problems import Path
from simulator.units import PositiveRate

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.simulation import Simulation


class Sessions(Model):
    """They start at a mean rate, each on one of the servers in service, and stay there with `sticky` routing: who joins later gets no old ones.

    In the `memory` of a server they are lost with it, but for those that end while it drains; in a `cache`, which is another fleet, when that server
    of it is lost that has them; the `client` loses none.
    """

    starts: PositiveRate
    lasts: Annotated[LastingLaw, assumed("ten minutes; no measurement found that holds for web sites in general")] = law("lognormal", mean="10m", cv=1.0)
    held: Annotated[Literal["memory", "cache", "client"], assumed("where nobody has moved them out of the server")] = "memory"
    cache: Name | None = Field(None, description="The fleet that holds them, with `held: cache`.")
    sticky: Annotated[StrictBool, assumed("as sessions in memory need it")] = True

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.held == "cache" and self.cache is None:
            raise refuse("ConfigMissing", "`held: cache` needs the fleet that has them, as in `cache: redis`")
        if self.held != "cache" and self.cache is not None:
            raise refuse("ConfigConflict", f"`cache` goes with `held: cache`, not with `held: {self.held}`")
        if self.held == "memory" and not self.sticky:
            raise refuse("ConfigConflict", "a session in the memory of one server needs `sticky: true`; or hold it in a `cache` or the `client`")
        return self

    def unfit(self, fleets: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
        """What of it does not fit the fleets of its policy: where, class and sentence."""
        if self.cache is not None and self.cache not in fleets:
            yield ("sessions", "cache"), "ConfigChoice", f"no fleet {self.cache!r} in this policy{meant(self.cache, fleets)}"

    def open(self, world: Simulation, fleet: Fleet) -> None:
        """Keep book of them from the start on."""
        shards = Shards() if self.cache else None
        book = SessionBook(world, fleet, self, shards)
        fleet.keepers.append(book)
        if shards and self.cache:
            shards.book = book
            world.fleets[self.cache].keepers.append(shards)
