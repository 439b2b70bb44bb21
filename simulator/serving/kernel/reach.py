"""Reach: how a kernel gets at the arrays of its world, by address; nothing is counted, copied or checked on the way."""

from __future__ import annotations

from functools import partial
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from simulator.serving.kernel.world import ARRAYS, WORLD

compiled = partial(numba.njit, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)  # a division by nought is no exception, and so no branch
inlined = partial(numba.njit, error_model="numpy", forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
once = partial(numba.njit, error_model="numpy", inline="always", no_cpython_wrapper=True, no_cfunc_wrapper=True)


WHOLE_WORLD = numba.from_dtype(WORLD)


@intrinsic
def world_at(typing, address):
    """The world whose record lies there."""
    return WHOLE_WORLD(address), lambda context, builder, signature, given: builder.inttoptr(given[0], context.get_value_type(WHOLE_WORLD))


def _reacher(name: str, kind: np.dtype[Any]) -> Any:
    """What returns one record of an array of the world, to read and to write."""
    record = numba.from_dtype(kind)

    @intrinsic
    def reach(typing, world, place):
        def code(context, builder, signature, given):
            start, whole = given[0], ir.IntType(64)
            field = builder.gep(builder.bitcast(start, ir.IntType(8).as_pointer()), [ir.Constant(whole, world.offset(name))])
            base = builder.load(builder.bitcast(field, whole.as_pointer()))
            base.set_metadata("invariant.load", builder.module.add_metadata([]))  # arrays stay where they are while a kernel runs
            number = context.cast(builder, given[1], place, types.int64)
            address = builder.add(base, builder.mul(number, ir.Constant(whole, kind.itemsize)))
            return builder.inttoptr(address, context.get_value_type(record))

        return record(world, place), code

    return reach


slots, kins, heap, servers, workers, rotation, ranks, asked, rows, fleets, callers, laws, tables, knots, tallies, waits, latencies, trail = (
    _reacher(name, kind) for name, kind in ARRAYS.items()
)
