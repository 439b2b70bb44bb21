"""Fences: how many pods a rolling update may have too many or too few (pkg/controller/deployment/util, ResolveFenceposts; apimachinery intstr)."""

from __future__ import annotations

import re
from math import ceil, floor

Value = int | str  # pods, or a percentage such as "25%"


class BadValue(ValueError):
    """Neither a number nor a percentage."""


def scaled(value: Value | None, total: int, up: bool) -> int:
    """A number as it is, a percentage of a total rounded up or down. Raises BadValue."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[+-]?[0-9]+%", value):
        raise BadValue(f"{value!r} is neither a number nor a percentage")
    share = int(value[:-1]) * total / 100
    return ceil(share) if up else floor(share)


def resolve(max_surge: Value | None, max_unavailable: Value | None, desired: int) -> tuple[int, int]:
    """Surge (rounded up) and unavailability (rounded down), 0 where not set; where both come to nothing, one may be unavailable. Raises BadValue."""
    surge, unavailable = (
        scaled(0 if max_surge is None else max_surge, desired, up=True),
        scaled(0 if max_unavailable is None else max_unavailable, desired, up=False),
    )
    return (surge, unavailable) if surge or unavailable else (0, 1)


def unavailable_at_most(unavailable: int, desired: int) -> int:
    """How many may really be unavailable: no more than there are."""
    return min(unavailable, desired)
