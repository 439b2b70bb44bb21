"""Counted releases: many of one item, whose versions number themselves."""

from __future__ import annotations

from pydantic import Field

from simulator.releases.release import Release
from simulator.versions import Version


class Counted(Release):
    """The last number of the newest version counts up: 1.0, 1.1, 1.2."""

    first_version: Version | None = Field(None, description="The first one; without it the one after the newest that a fleet begins with.")

    def named(self, k: int) -> tuple[str, str] | None:
        return ("first_version", self.first_version) if self.first_version and not k else None
