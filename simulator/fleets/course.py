"""Courses: how far a rollout of containers may go now, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf

EDGE = 1e-9  # seconds: what is due at a moment may come a rounding before it


class Course:
    """The stages of one rollout: shares of the servers wanted, each with a wait (seconds) that begins when so many new ones are available."""

    def __init__(self, stages: Sequence[tuple[float, float]]) -> None:
        self.stages = [stage for stage in stages if stage[0] < 1 or stage[1]]
        self._at, self._whole = 0, inf  # the stage, and since when it has all its servers

    def begin(self) -> None:
        """Another rollout begins."""
        self._at, self._whole = 0, inf

    def most(self, desired: int) -> int:
        """How many new servers may be wanted, of so many that are."""
        return desired if self.over else max(1, ceil(self.stages[self._at][0] * desired - EDGE))

    @property
    def over(self) -> bool:
        """Whether nothing is left to wait for."""
        return self._at == len(self.stages)

    @property
    def until(self) -> float:
        """When the wait that is under way ends (seconds); before all time where none is."""
        return -inf if self.over or self._whole == inf else self._whole + self.stages[self._at][1]

    def go_on(self, desired: int, available: int, now: float, well: bool) -> bool:
        """Go to the next stage where this one has been waited for and all is well; returns whether a wait begins now."""
        began = False
        while not self.over:
            if available < self.most(desired):
                self._whole = inf
                break
            if self._whole == inf:
                self._whole, began = now, True
            if now < self.until - EDGE or not well:
                break
            self._at, self._whole, began = self._at + 1, inf, False
        return began
