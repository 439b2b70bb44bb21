"""Queues: where the clients of a fleet wait, how many of them, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Exponential:
    """A patience without memory: each waiting client leaves at rate 1 / mean (mean in seconds)."""

    mean: float

    def __post_init__(self) -> None:
        if not 0 < self.mean < inf:
            raise ValueError(f"mean patience must be positive and finite, not {self.mean}")


@dataclass(frozen=True, slots=True)
class Constant:
    """A patience that is the same for all: who has waited `value` seconds leaves."""

    value: float

    def __post_init__(self) -> None:
        if not 0 < self.value < inf:
            raise ValueError(f"patience must be positive and finite, not {self.value}")


Patience = Exponential | Constant


@dataclass(frozen=True, slots=True)
class Queue:
    """One line in front of a whole fleet: `places` for those who wait, and their patience (None: for ever)."""

    places: float = inf
    patience: Patience | None = None

    def __post_init__(self) -> None:
        if not self.places >= 0:
            raise ValueError(f"places must be at least 0, not {self.places}")
