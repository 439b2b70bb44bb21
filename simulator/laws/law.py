"""A law: how a random duration is distributed, told by the numbers people have for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator

from simulator.component import Component, refuse


class Law(Component):
    """The distribution of a duration (seconds): `"5m"` alone is a constant, `{median: 5m, p95: 1h}` a lognormal."""

    tag: ClassVar[str] = "law"

    @classmethod
    def from_shorthand(cls, value: Any) -> Any:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return {cls.tag: "constant", "value": value}
        if isinstance(value, dict) and cls.tag not in value and {"median", "p95"} <= value.keys():
            return {cls.tag: "lognormal", **value}
        return value

    @classmethod
    def shorthands(cls) -> list[dict[str, Any]]:
        pair = {
            "type": "object",
            "properties": {"median": {"type": "string"}, "p95": {"type": "string"}},
            "required": ["median", "p95"],
            "additionalProperties": False,
        }
        return [{"type": "string", "examples": ["5m"]}, pair]

    @property
    def expected(self) -> float:
        """The mean (seconds)."""
        raise NotImplementedError

    def quantile(self, u: float) -> float:
        """The duration (seconds) that a share u of all stays below."""
        raise NotImplementedError

    def residual(self, u: float) -> float:
        """The same for what is left of a duration met at a random time, whose density is (1 - F(x)) / mean (Cox, Renewal Theory, 1962)."""
        raise NotImplementedError


def lasting(law: Law) -> Law:
    """Refuse a law that is always nought."""
    if law.expected <= 0:
        raise refuse("ConfigRange", "should last some time, not 0s")
    return law


LastingLaw = Annotated[Law, AfterValidator(lasting)]


def law(kind: str, **numbers: str | float) -> Law:
    """A law as a scenario file tells it: `law("lognormal", median="5m", sigma=0.7)`."""
    return Law.model_validate({Law.tag: kind, **numbers})


def given_by(law: Law, *choices: set[str]) -> None:
    """Refuse a law told by too few numbers, or by too many."""
    given = {name for name in type(law).model_fields if name not in ("law", "shape") and getattr(law, name) is not None}
    if given not in choices:
        wanted = " or ".join(" and ".join(sorted(choice)) for choice in choices)
        told = " and ".join(sorted(given)) or "neither"
        kind = "ConfigMissing" if any(given < choice for choice in choices) else "ConfigConflict"
        raise refuse(kind, f"the law {law.law} takes {wanted}, not {told}")  # type: ignore[attr-defined]
    try:
        if math.isfinite(law.expected):
            return
    except OverflowError:
        pass
    raise refuse("ConfigRange", f"the law {law.law} has no mean that a computer can hold; choose less extreme numbers")  # type: ignore[attr-defined]


def inverted(below: Callable[[float], float], u: float, low: float, high: float) -> float:
    """Where a rising function reaches u, between two bounds, to 1e-12."""
    while high - low > 1e-12 * max(1.0, abs(low)):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < u else (low, middle)
    return low
