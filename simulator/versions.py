"""Versions: what a release is called, which of two is the older, and what comes after one."""

from __future__ import annotations

import re
from itertools import zip_longest
from math import inf
from typing import Annotated

from pydantic import StringConstraints

Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]{1,63}$")]
DOTTED = re.compile(r"v?(\d+(?:\.\d+)*)")
LAST_NUMBER = re.compile(r"(\d+)(\D*)$")


def numbers(version: str) -> list[float]:
    """The numbers by which it is compared; none where it is not just numbers with dots between them."""
    found = DOTTED.fullmatch(version)
    return [int(number) for number in found[1].split(".")] if found else []


def older(version: str, than: str, counted: bool = False) -> bool:
    """Whether one is older than the other, or than all that is `counted` up from it; what has no order is not."""
    ours, theirs = numbers(version), numbers(than)
    if not ours or not theirs:
        return False
    if counted:
        theirs[-1] = inf
    return next((one < other for one, other in zip_longest(ours, theirs, fillvalue=0) if one != other), False)


def after(version: str) -> str | None:
    """The next version: its last number counts up, as from 1.9 to 1.10; None where it has no number."""
    found = LAST_NUMBER.search(version)
    return found and f"{version[: found.start()]}{int(found[1]) + 1:0{len(found[1])}}{found[2]}"
