"""Rollouts: the rule by which a fleet exchanges old servers for new ones."""

from __future__ import annotations

from typing import NamedTuple

from simulator.component import Component


class Step(NamedTuple):
    """What to do now: new servers to launch, old ones to retire that do not serve, and old ones that do."""

    launch: int = 0
    retire_unavailable: int = 0
    retire_available: int = 0


class Rollout(Component):
    """A rule that looks at two counts, new and old, and says the next step."""

    def step(self, desired: int, new: int, new_available: int, old: int, old_available: int) -> Step:
        """The next step of a fleet that wants `desired` servers; it is asked again whenever a count has changed."""
        raise NotImplementedError
