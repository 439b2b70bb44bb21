"""Draws: random numbers that are a pure function of what they are for, so that no draw ever shifts another."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio: the step of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014)
TO_UNIT = 2.0**-52


class Quantiles(Protocol):
    """Anything that turns a number between 0 and 1 into a value, rising with it."""

    def quantile(self, u: float) -> float: ...


class Draws:
    """The random numbers of one replication, keyed by purpose, entity and k; the same in every policy."""

    __slots__ = ("_keys", "_root")

    def __init__(self, seed: int, replication: int) -> None:
        self._root = f"{seed}/{replication}/"
        self._keys: dict[tuple[str, str], int] = {}

    def uniform(self, purpose: str, entity: str, k: int = 0) -> float:
        """A number strictly between 0 and 1: the hash of (seed, replication, purpose, entity, k)."""
        z = (self.key(purpose, entity) + (k + 1) * GOLDEN) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (((z ^ (z >> 31)) >> 12) + 0.5) * TO_UNIT

    def uniforms(self, purpose: str, entity: str, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same of many numbers k at once, bit by bit as `uniform` has them."""
        import numpy as np

        z = np.uint64(self.key(purpose, entity)) + (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (((z ^ (z >> np.uint64(31))) >> np.uint64(12)).astype(np.float64) + 0.5) * TO_UNIT

    def key(self, purpose: str, entity: str) -> int:
        """64 bits that all draws of one purpose and entity are made from."""
        key = self._keys.get((purpose, entity))
        if key is None:
            digest = blake2b(f"{self._root}{purpose}\0{entity}".encode(), digest_size=8).digest()
            key = self._keys[purpose, entity] = int.from_bytes(digest, "little")
        return key

    def draw(self, law: Quantiles, purpose: str, entity: str, k: int = 0) -> float:
        """A value of the law."""
        return law.quantile(self.uniform(purpose, entity, k))
