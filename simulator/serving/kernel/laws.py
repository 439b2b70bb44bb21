"""Laws in the kernels: the quantile functions of service times, gaps and patience."""

from __future__ import annotations

import math

import numpy as np

from simulator.serving.kernel.logarithm import log
from simulator.serving.kernel.reach import compiled, laws, tables
from simulator.serving.kernel.world import CELLS, CONSTANT, EDGE, EMPIRICAL, EXPONENTIAL, LOGNORMAL, PARETO, RECORDED, UNIFORM, WEIBULL

# Wichura's AS 241 (Applied Statistics 37, 1988): the normal quantile to 1e-16; coefficients highest power first.
CENTRE = (
    2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
    13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
)  # fmt: skip
CENTRE_BELOW = (
    5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
    5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0,
)  # fmt: skip
TAIL = (
    7.7454501427834140764e-4, .0227238449892691845833, .24178072517745061177, 1.27045825245236838258,
    3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
)  # fmt: skip
TAIL_BELOW = (
    1.05075007164441684324e-9, 5.475938084995344946e-4, .0151986665636164571966, .14810397642748007459,
    .68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0,
)  # fmt: skip
FAR = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, .0012426609473880784386, .026532189526576123093,
    .29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
)  # fmt: skip
FAR_BELOW = (
    2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
    .0148753612908506148525, .13692988092273580531, .59983220655588793769, 1.0,
)  # fmt: skip


@compiled
def _poly(c, x):
    x2 = x * x
    high, low = (c[0] * x + c[1]) * x2 + (c[2] * x + c[3]), (c[4] * x + c[5]) * x2 + (c[6] * x + c[7])
    return high * (x2 * x2) + low  # two by two (Estrin), which a processor does at once


@compiled
def normal(w, u):
    """The standard normal quantile."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _poly(CENTRE, r) / _poly(CENTRE_BELOW, r)
    r = math.sqrt(-log(w, u if q < 0 else 1 - u))
    x = _poly(TAIL, r - 1.6) / _poly(TAIL_BELOW, r - 1.6) if r <= 5 else _poly(FAR, r - 5) / _poly(FAR_BELOW, r - 5)
    return -x if q < 0 else x


@compiled
def quantile(w, number_of_law, u, number):
    """The duration that a share u of all stays below; where a law was recorded, the one with this number."""
    law = laws(w, number_of_law)
    code = law.code
    if code == EXPONENTIAL:
        return -law.a * log(w, 1 - u)
    if code == LOGNORMAL:
        return math.exp(law.a + law.b * normal(w, u))
    if code == CONSTANT:
        return law.a
    if code == WEIBULL:
        return law.a * (-log(w, 1 - u)) ** law.b
    if code == PARETO:
        return law.a * (1 - u) ** law.b
    if code == UNIFORM:
        return law.a + law.b * u
    if code == EMPIRICAL:
        return tables(w, law.first + np.int64(u * law.size)).n
    if code == RECORDED:
        return tables(w, law.first + np.int64(number % np.uint64(law.size))).n
    x = (min(max(log(w, u / (1 - u)), -EDGE), EDGE) + EDGE) * (CELLS / (2 * EDGE))
    cell = min(np.int64(x), CELLS - 1)
    x -= cell
    at = law.first + 4 * cell
    return math.exp(((tables(w, at).n * x + tables(w, at + 1).n) * x + tables(w, at + 2).n) * x + tables(w, at + 3).n)
