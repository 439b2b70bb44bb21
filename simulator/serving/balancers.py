"""Balancers: the rule by which a request finds its server."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from simulator.component import Component, assumed, refuse
from simulator.units import PositiveCount

MOST_CHOICES = 16


class Balancer(Component):
    """A rule that picks one of the servers in rotation; the name alone will do where it takes no more: `balancer: random`."""

    @classmethod
    def from_shorthand(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {cls.tag: value}
        named = [kind for kind in value if kind in cls.kinds] if isinstance(value, dict) else []
        if len(named) == 1 and isinstance(value[named[0]], dict):  # whatever kind stands there by default
            return {cls.tag: named[0], **value[named[0]]}
        if named == ["choices"]:
            raise refuse("ConfigType", f"write how many are asked as {{choices: {{d: {value['choices']}}}}}")
        return value

    @classmethod
    def shorthands(cls) -> list[dict[str, Any]]:
        return [
            {"enum": sorted(cls.kinds)},
            {"type": "object", "properties": {"choices": {"type": "object"}}, "required": ["choices"], "additionalProperties": False},
        ]


class Random(Balancer):
    """Any server, all alike."""

    kind: Literal["random"] = "random"


class RoundRobin(Balancer):
    """One server after another."""

    kind: Literal["round_robin"] = "round_robin"


class LeastConnections(Balancer):
    """The server that holds the fewest requests; among several, any."""

    kind: Literal["least_connections"] = "least_connections"


def _some(value: int) -> int:
    if not 2 <= value <= MOST_CHOICES:
        raise refuse("ConfigRange", f"should lie between 2 and {MOST_CHOICES}, not {value}; one choice is `random`")
    return value


class Choices(Balancer):
    """Of `d` servers taken at random the one that holds the fewest requests (Mitzenmacher 2001)."""

    kind: Literal["choices"] = "choices"
    d: Annotated[PositiveCount, AfterValidator(_some), assumed("two choices: most of the gain")] = 2


class Central(Balancer):
    """One queue for all servers, each of which takes the next request when it is free."""

    kind: Literal["central"] = "central"
