"""Bits: floats as whole numbers, and back."""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic


def _cast(given_kind, kind):
    """A function that reads the 64 bits of one kind as another."""

    @intrinsic
    def cast(typing, number):
        return kind(given_kind), lambda context, builder, signature, given: builder.bitcast(given[0], context.get_value_type(kind))

    return cast


to_bits, from_bits = _cast(types.float64, types.int64), _cast(types.int64, types.float64)
