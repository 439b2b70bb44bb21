"""A policy: a way of running the fleets, its parts by name; or another policy with some changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Self

from pydantic import ConfigDict, GetJsonSchemaHandler, RootModel, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from simulator.component import Name, meant, plain, refuse
from simulator.fleets import FleetPart, Part
from simulator.fleets.by_hand import ByHand
from simulator.fleets.crew import Crew
from simulator.fleets.nodes import Nodes
from simulator.fleets.registry import Registry
from simulator.problems import Path
from simulator.serving import Cache
from simulator.sites import Sites

Found = tuple[Path, str, str]  # where, class and sentence of a mistake


class Policy(RootModel[Mapping[Name, Part]]):
    """A way of running the fleets: its parts by name; what fleets share and nobody defined is made with its defaults."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _completed(self) -> Self:
        shared: dict[str, Part] = {name: Crew() for fleet in self.fleets.values() for name in fleet.crews.values()}
        registries = {name: Registry() for fleet in self.fleets.values() for name in fleet.registries.values()}
        nodes = {"nodes": Nodes()} if registries and not self.nodes else {}
        object.__setattr__(self, "root", {**shared, **registries, **nodes, **self.root})
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        """Parts by name; or another policy with changes, whose parts need not be whole."""
        return {"anyOf": [handler(schema), {"type": "object", "properties": {"like": {"type": "string"}}, "required": ["like"]}]}

    @property
    def fleets(self) -> dict[str, FleetPart]:
        return {name: part for name, part in self.root.items() if isinstance(part, FleetPart)}

    @property
    def crews(self) -> dict[str, Crew]:
        return {name: part for name, part in self.root.items() if isinstance(part, Crew)}

    def fleet_of(self, server: str) -> str | None:
        """The fleet that steps on a server go to: that of a pet of this name, else the one whose containers are run by hand; None where there is neither."""
        pets = (name for name, fleet in self.fleets.items() if server in fleet.names_of(name))
        return next(pets, None) or next((name for name, fleet in self.fleets.items() if isinstance(fleet, ByHand)), None)

    @property
    def registries(self) -> list[str]:
        """The names of its registries."""
        return [name for name, part in self.root.items() if isinstance(part, Registry)]

    @property
    def nodes(self) -> dict[str, Nodes]:
        """What is said of its hosts: once, or not at all."""
        return {name: part for name, part in self.root.items() if isinstance(part, Nodes)}

    @property
    def entries(self) -> list[str]:
        """The fleets that no other needs."""
        needed = {name for fleet in self.fleets.values() for name in fleet.needs}
        return [name for name in self.fleets if name not in needed]

    @property
    def first(self) -> str:
        """The first fleet that no other needs; of a circle just the first."""
        return (self.entries or list(self.fleets))[0]

    @property
    def cycle(self) -> tuple[str, ...]:
        """The way by which a fleet comes to need itself; empty where none does."""
        return next((path for name in self.fleets if (path := self.path_of_needs(name))), ())

    @property
    def calls(self) -> dict[str, dict[str, float]]:
        """How many requests each fleet makes of those it needs, for one of its own."""
        return {name: {need: edge.calls for need, edge in fleet.needs.items()} for name, fleet in self.fleets.items()}

    @property
    def caches(self) -> list[Cache]:
        """The fleets that stand in front of others that are called."""
        needs = [(name, need, edge) for name, fleet in self.fleets.items() for need, edge in fleet.needs.items()]
        return [Cache(name, need, edge.behind, edge.hits, self.fleets[edge.behind].serving) for name, need, edge in needs if edge.behind]

    def path_of_needs(self, fleet: str, seen: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The way by which a fleet comes to need itself; empty where it does not."""
        if fleet in seen:
            return (*seen[seen.index(fleet) :], fleet)
        uses = self.fleets[fleet].uses if fleet in self.fleets else ()
        return next((path for need in uses if (path := self.path_of_needs(need, (*seen, fleet)))), ())

    def mistakes(self, horizon: float, sites: Sites) -> Iterator[Found]:
        """What its parts refer to and is not there, and what does not fit the horizon (seconds) or the sites."""
        if not self.fleets:
            yield (), "ConfigRange", "a policy needs at least one fleet"
        for name, fleet in self.fleets.items():
            for need in fleet.needs:
                if need not in self.fleets:
                    yield (name, "needs", need), "ConfigChoice", f"no fleet {need!r} in this policy{meant(need, self.fleets)}"
            yield from (((name, "needs", need, "behind"), kind, message) for need, kind, message in _uncached(fleet))
            for key, shared, kind in (*((*named, Crew) for named in fleet.crews.items()), *((*named, Registry) for named in fleet.registries.items())):
                if not isinstance(self.root[shared], kind):
                    yield (name, *key.split(".")), "ConfigConflict", f"{shared!r} is not a {kind.__name__.lower()}"
            yield from (((name, *path), kind, message) for path, kind, message in chain(fleet.mistakes(horizon), fleet.unfit(name, self.fleets)))
        yield from self._namesakes()
        yield from self._hostless(sites)
        if path := self.cycle:
            yield (path[0], *self.fleets[path[0]].uses[path[1]]), "ConfigCycle", f"a fleet comes to need itself: {' > '.join(path)}"

    def _hostless(self, sites: Sites) -> Iterator[Found]:
        """Hosts described twice, or in zones that are not there; and fleets that fit none of them."""
        for number, (name, nodes) in enumerate(self.nodes.items()):
            if number:
                yield (name,), "ConfigConflict", "the hosts of a policy are described once; give `platforms` by zone where they differ"
            yield from (((name, *path), kind, message) for path, kind, message in nodes.unknown(sites))
            platforms = {nodes.of(zone) for zone in sites.zones}
            for fleet, part in self.fleets.items():
                if not any(map(part.runs_on, platforms)):
                    ours, theirs = (", ".join(sorted(names)) for names in (part.platforms, platforms))
                    yield (fleet, "image", "platforms"), "ConfigConflict", f"no host is a {ours}: they are {theirs}"

    def _namesakes(self) -> Iterator[Found]:
        """Pets of two fleets with one name."""
        owner: dict[str, str] = {}
        named = any(getattr(fleet, "names", ()) for fleet in self.fleets.values())
        for name, fleet in self.fleets.items() if named else ():
            for called in {called.lower() for called in fleet.names_of(name)}:
                if owner.setdefault(called, name) != name:
                    yield (name, "names"), "ConfigConflict", f"{called!r} is a server of fleet {owner[called]} as well; every pet has a name of its own"
                    break


def _uncached(fleet: FleetPart) -> Iterator[tuple[str, str, str]]:
    """The needs of a fleet that are behind what cannot be their cache: which, class and sentence."""
    for need, edge in fleet.needs.items():
        if edge.behind == need:
            yield need, "ConfigConflict", f"{need!r} is the store itself; name another fleet that is needed as well, as its cache"
        elif edge.behind and edge.behind not in fleet.needs:
            others = [other for other in fleet.needs if other != need]
            yield need, "ConfigChoice", f"{edge.behind!r} is not among what this fleet needs{meant(edge.behind, others)}; a cache is called, too"
        elif edge.behind and fleet.needs[edge.behind].behind:
            yield need, "ConfigConflict", f"{edge.behind!r} is itself behind {fleet.needs[edge.behind].behind!r}; a cache has none in front of it"


def alike(policies: Mapping[str, Any]) -> dict[str, Any]:
    """The policies with `like: OTHER` written out: the other one, and on it the named changes only."""
    done: dict[str, Any] = {}

    def resolve(name: str, seen: tuple[str, ...]) -> Any:
        given = policies[name]
        if not isinstance(given, Mapping) or "like" not in given:
            return given
        other, place = given["like"], ("policies", name, "like")
        if not isinstance(other, str):
            raise refusal([(place, "ConfigType", f"should be the name of a policy, not {other!r:.60}")])
        if other in (*seen, name):
            raise refusal([(place, "ConfigCycle", f"a policy is like itself: {' > '.join((*seen, name, other))}")])
        if other not in policies:
            raise refusal([(place, "ConfigChoice", f"no policy {other!r}{meant(other, policies)}")])
        return merge(plain(resolve(other, (*seen, name))), {key: value for key, value in given.items() if key != "like"})

    for name in policies:
        done[name] = resolve(name, ())
    return done


def merge(base: Any, changes: Any) -> Any:
    """`base` with `changes` in it, key by key; a part of another kind replaces the whole part."""
    if not isinstance(base, Mapping) or not isinstance(changes, Mapping) or changes.get("kind", base.get("kind")) != base.get("kind"):
        return changes
    return {**base, **{key: merge(base[key], value) if key in base else value for key, value in changes.items()}}


def refusal(mistakes: Iterable[Found]) -> ValidationError:
    """The error that tells these mistakes, each at its place."""
    details: list[InitErrorDetails] = [{"type": refuse(kind, message), "loc": path, "input": None} for path, kind, message in mistakes]
    return ValidationError.from_exception_data("Scenario", details)
