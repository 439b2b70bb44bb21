"""The natural logarithm of the kernels: the same bits on every machine, and without a call to the mathematical library.

A number is 2^k m with m in [0.6875, 1.375); each of 256 cells of m has a middle c, and log m = log c + log(1 + r) with r = (m - c) / c,
whose series ends at r^7. The two cells at 1 have c = 1, so that little numbers have all their digits (P.-T. P. Tang, ACM TOMS 16, 1990).
"""

from __future__ import annotations

import math

import numpy as np

from simulator.serving.kernel.bits import from_bits, to_bits
from simulator.serving.kernel.reach import inlined, tables
from simulator.serving.kernel.world import LOG_CELLS, LOG_LOWEST, LOG_SHIFT

EXPONENT = np.int64(0xFFF) << np.int64(52)
LN2 = math.log(2)


@inlined
def log(w, x):
    """Of a number above 2^-1022."""
    above = to_bits(x) - LOG_LOWEST
    at = 3 * ((above >> LOG_SHIFT) & (LOG_CELLS - 1))
    m = from_bits(to_bits(x) - (above & EXPONENT))
    r = (m - tables(w, at).n) * tables(w, at + 1).n
    r2 = r * r
    tail = (1 / 3 - r * (1 / 4)) + r2 * ((1 / 5 - r * (1 / 6)) + r2 * (1 / 7))
    return ((above >> 52) * LN2 + tables(w, at + 2).n) + (r + r2 * (r * tail - 0.5))
