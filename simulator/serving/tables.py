"""Tables: the laws of a run as the kernels read them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from simulator.laws import Law
from simulator.serving.kernel.world import (
    CELLS,
    CONSTANT,
    EDGE,
    EMPIRICAL,
    EXPONENTIAL,
    LAW,
    LOG_CELLS,
    LOG_LOWEST,
    LOG_SHIFT,
    LOGNORMAL,
    NUMBER,
    PARETO,
    RECORDED,
    TABLE,
    UNIFORM,
    WEIBULL,
)


class Laws:
    """The laws of one run, numbered, and the tables that some of them need."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self._tables: list[np.ndarray[Any, Any]] = [logarithms()]
        self._size = len(self._tables[0])

    def add(self, law: Law | None, scale: float = 1.0) -> int:
        """The number of a law, all values times `scale`; -1 for none."""
        if law is None:
            return -1
        code, a, b, table = told(law, scale)
        self._rows.append((code, a, b, self._size, len(table)))
        self._tables.append(table)
        self._size += len(table)
        return len(self._rows) - 1

    def arrays(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """The laws, and their tables one behind the other."""
        return np.array(self._rows or [(0, 0, 0, 0, 0)], LAW), np.concatenate(self._tables).view(NUMBER)


@lru_cache(maxsize=64)
def told(law: Any, scale: float) -> tuple[np.int64, float, float, np.ndarray[Any, Any]]:
    """A law's code, its two numbers and its table; any law has at least its quantiles."""
    none = np.zeros(0)
    kind = law.law
    if kind == "constant":
        return CONSTANT, law.value * scale, 0.0, none
    if kind == "exponential":
        return EXPONENTIAL, law.expected * scale, 0.0, none
    if kind == "lognormal":
        mu, sigma = law.parameters
        return LOGNORMAL, mu + math.log(scale), sigma, none
    if kind == "weibull":
        return WEIBULL, law.breadth * scale, 1 / law.shape, none
    if kind == "pareto":
        return PARETO, law.shortest * scale, -1 / law.shape, none
    if kind == "uniform":
        return UNIFORM, law.low * scale, (law.high - law.low) * scale, none
    if kind == "empirical":
        return EMPIRICAL, 0.0, 0.0, np.array(law.ordered) * scale
    if kind == "recorded":
        return RECORDED, 0.0, 0.0, np.array(law.sequence) * scale
    return TABLE, 0.0, 0.0, tabled(law, scale)


def tabled(law: Law, scale: float) -> np.ndarray[Any, Any]:
    """The logarithm of the quantiles as cubics over the logit of u, four coefficients a cell."""
    from scipy.interpolate import CubicSpline, PchipInterpolator

    logits = np.linspace(-EDGE, EDGE, CELLS + 1)
    shares = np.clip(1 / (1 + np.exp(-logits)), 2.0**-53, 1 - 2.0**-53)
    quantiles = law.quantiles(shares) if hasattr(law, "quantiles") else np.array([law.quantile(float(u)) for u in shares])
    values = np.log(np.maximum(quantiles * scale, 1e-300))
    # Of laws that are not known here no more can be said than that their quantiles rise.
    smooth = CubicSpline if law.law in ("gamma", "hyperexponential") else PchipInterpolator  # type: ignore[attr-defined]
    cubics = smooth(np.arange(CELLS + 1), values).c
    return np.ascontiguousarray(cubics.T).ravel()


def logarithms() -> np.ndarray[Any, Any]:
    """What `kernel.logarithm` needs, and any table begins with: of each cell its middle, one over it, and its logarithm."""
    edges = (LOG_LOWEST + (np.arange(LOG_CELLS + 1) << LOG_SHIFT)).view(float)
    middle = (edges[:-1] + edges[1:]) / 2
    middle[(edges[:-1] == 1) | (edges[1:] == 1)] = 1.0
    return np.stack([middle, 1 / middle, [math.log(x) for x in middle]], axis=1).ravel()
