"""Names: what pets are called, by those who know each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from simulator.component import NAME, Name, refuse

GODS = """
    zeus hera poseidon demeter athena apollo artemis ares aphrodite hephaestus hermes dionysus hestia hades persephone hecate eros nike iris eos
    helios selene gaia uranus cronus rhea themis metis leto maia pan triton nereus proteus thetis eris hebe hypnos nemesis tyche
"""
MOONS = """
    luna phobos deimos io europa ganymede callisto amalthea himalia titan rhea iapetus dione tethys enceladus mimas hyperion phoebe janus
    titania oberon umbriel ariel miranda puck triton proteus nereid larissa galatea despina thalassa naiad charon nix hydra kerberos styx
"""
LISTS = {"gods": tuple(GODS.split()), "moons": tuple(MOONS.split())}


def twice(names: Sequence[str]) -> str | None:
    """The first name that is there a second time, whatever its capitals."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            return name
        seen.add(name.lower())
    return None


def _own(names: tuple[str, ...]) -> tuple[str, ...]:
    if double := twice(names):
        raise refuse("ConfigConflict", f"two pets are called {double!r}; every pet has a name of its own")
    return names


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        if value not in LISTS:
            raise refuse("ConfigChoice", f"no list of names {value!r:.60}; known: {', '.join(LISTS)}; or give the names themselves, as in [zeus, hera]")
        return LISTS[value]
    return value


Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_listed),
    AfterValidator(_own),
    WithJsonSchema({"oneOf": [{"enum": list(LISTS)}, {"type": "array", "items": {"type": "string", "pattern": f"^{NAME.pattern}$"}}]}),
]
