"""Laws: how a random duration is distributed, told by the numbers people have for it."""

from __future__ import annotations

import math
from functools import cached_property
from statistics import NormalDist
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, model_validator

from simulator.component import Component, refuse
from simulator.units import Duration, PositiveDuration, PositiveNumber, Rate

NORMAL = NormalDist()
Z95 = NORMAL.inv_cdf(0.95)


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


class Constant(Law):
    """Always the same."""

    law: Literal["constant"] = "constant"
    value: Duration

    @property
    def expected(self) -> float:
        return self.value

    def quantile(self, u: float) -> float:
        return self.value

    def residual(self, u: float) -> float:
        return u * self.value


class Exponential(Law):
    """Without memory: given by its mean, or by the rate of what it waits for."""

    law: Literal["exponential"] = "exponential"
    mean: PositiveDuration | None = None
    rate: Rate | None = None

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        _given(self, {"mean"}, {"rate"})
        if self.rate == 0:
            raise refuse("ConfigRange", "`rate` should be above zero; leave out what never happens")
        return self

    @property
    def expected(self) -> float:
        return self.mean or 1 / (self.rate or 1)

    def quantile(self, u: float) -> float:
        return -self.expected * math.log1p(-u)

    def residual(self, u: float) -> float:
        return self.quantile(u)


class Uniform(Law):
    """Anything between two bounds, all alike."""

    law: Literal["uniform"] = "uniform"
    low: Duration
    high: PositiveDuration

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise refuse("ConfigConflict", "`low` is above `high`")
        return self

    @property
    def expected(self) -> float:
        return (self.low + self.high) / 2

    def quantile(self, u: float) -> float:
        return self.low + u * (self.high - self.low)

    def residual(self, u: float) -> float:
        beyond = u * self.expected - self.low
        if beyond <= 0:
            return u * self.expected
        width = self.high - self.low
        return self.high - math.sqrt(max(0.0, width * width - 2 * width * beyond))


class Lognormal(Law):
    """The logarithm is normal: given by mean and cv (of the duration itself), or by its median and sigma or p95, or by its mean and sigma."""

    law: Literal["lognormal"] = "lognormal"
    mean: PositiveDuration | None = None
    median: PositiveDuration | None = None
    cv: PositiveNumber | None = None
    sigma: PositiveNumber | None = None
    p95: PositiveDuration | None = None

    @model_validator(mode="after")
    def _two_numbers(self) -> Self:
        _given(self, {"mean", "cv"}, {"median", "sigma"}, {"median", "p95"}, {"mean", "sigma"})
        if self.p95 and self.median and self.p95 <= self.median:
            raise refuse("ConfigConflict", "`p95` should be above `median`")
        return self

    @cached_property
    def parameters(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm."""
        if self.median is not None:
            return math.log(self.median), self.sigma or math.log((self.p95 or 0) / self.median) / Z95
        sigma = self.sigma or math.sqrt(math.log1p((self.cv or 0) ** 2))
        return math.log(self.mean or 0) - sigma * sigma / 2, sigma

    @property
    def expected(self) -> float:
        mu, sigma = self.parameters
        return math.exp(mu + sigma * sigma / 2)

    def quantile(self, u: float) -> float:
        mu, sigma = self.parameters
        return math.exp(mu + sigma * NORMAL.inv_cdf(u))

    def residual(self, u: float) -> float:
        mu, sigma = self.parameters

        def below(z: float) -> float:
            """Share of the residual law below exp(mu + sigma z): E[min(X, x)] / mean."""
            return NORMAL.cdf(z - sigma) + math.exp(sigma * z - sigma * sigma / 2) * NORMAL.cdf(-z)

        low, high = -60.0, 60.0
        while high - low > 1e-12:
            middle = (low + high) / 2
            low, high = (middle, high) if below(middle) < u else (low, middle)
        return math.exp(mu + sigma * low)


class Weibull(Law):
    """Ageing (shape above 1) or infant mortality (below 1): given by its shape and its mean or scale."""

    law: Literal["weibull"] = "weibull"
    shape: PositiveNumber
    mean: PositiveDuration | None = None
    scale: PositiveDuration | None = None

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        _given(self, {"mean"}, {"scale"})
        return self

    @cached_property
    def breadth(self) -> float:
        """The scale (seconds): what 63 % stay below."""
        return self.scale or (self.mean or 0) / math.gamma(1 + 1 / self.shape)

    @property
    def expected(self) -> float:
        return float(self.breadth * math.gamma(1 + 1 / self.shape))

    def quantile(self, u: float) -> float:
        return float(self.breadth * (-math.log1p(-u)) ** (1 / self.shape))

    def residual(self, u: float) -> float:
        from scipy.special import gammaincinv  # where a scenario is only read, scipy stays out

        return float(self.breadth * gammaincinv(1 / self.shape, u) ** (1 / self.shape))


def lasting(law: Law) -> Law:
    """Refuse a law that is always nought."""
    if law.expected <= 0:
        raise refuse("ConfigRange", "should last some time, not 0s")
    return law


LastingLaw = Annotated[Law, AfterValidator(lasting)]


def _given(law: Law, *choices: set[str]) -> None:
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


def law(kind: str, **numbers: str | float) -> Law:
    """A law as a scenario file tells it: `law("lognormal", median="5m", sigma=0.7)`."""
    return Law.model_validate({Law.tag: kind, **numbers})
