"""Draws in the kernels: the same hashes as in `simulator.draws`, without objects."""

from __future__ import annotations

import numpy as np

from simulator import draws
from simulator.serving.kernel.reach import compiled, inlined

GOLDEN = np.uint64(draws.GOLDEN)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
ATTEMPTS = np.uint64(16)
HALF = np.uint64(32)
TWELVE, FOUR, ONE = np.uint64(12), np.uint64(4), np.uint64(1)
X, Y, Z = np.uint64(30), np.uint64(27), np.uint64(31)


@inlined
def mixed(z):
    """The finaliser of SplitMix64."""
    z = (z ^ (z >> X)) * FIRST
    z = (z ^ (z >> Y)) * SECOND
    return z ^ (z >> Z)


@inlined
def raw(key, k):
    """64 bits of the k-th draw under a key."""
    return mixed(key + (k + ONE) * GOLDEN)


@inlined
def unit(key, k):
    """A number strictly between 0 and 1."""
    return (np.float64(np.int64(raw(key, k) >> TWELVE)) + 0.5) * draws.TO_UNIT  # from a signed number in one instruction


@inlined
def of_attempt(slot):
    """The k of a request's attempt."""
    return slot.id * ATTEMPTS + np.uint64(slot.attempt)


@compiled
def call_number(key, k, call):
    """The id of a call made by the attempt with this k, of a caller with this key."""
    return mixed((k * GOLDEN + np.uint64(call) + ONE) ^ key) >> FOUR


@inlined
def index(bits, n):
    """One of n, by the upper half of the bits."""
    return np.int64(((bits >> HALF) * np.uint64(n)) >> HALF)
