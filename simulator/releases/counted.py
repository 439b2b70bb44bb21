"""Counted releases: many of one item, whose versions number themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from simulator.component import refuse
from simulator.releases.release import Release
from simulator.versions import Version, after


def _counts_up(version: str) -> str:
    if not after(version):
        raise refuse("ConfigRange", f"{version!r} has no number to count up from")
    return version


class Counted(Release):
    """The last number of the newest version counts up: 1.0, 1.1, 1.2."""

    first_version: Annotated[Version, AfterValidator(_counts_up)] | None = Field(
        None, description="The first one; without it the one after the newest that a fleet begins with."
    )

    def named(self, k: int) -> tuple[str, str] | None:
        return ("first_version", self.first_version) if self.first_version and not k else None
