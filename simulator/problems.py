"""Problems: what is wrong with an input, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Path = tuple[str | int, ...]
SHOWN = 10


class Problem(NamedTuple):
    """One mistake: its class, one sentence with the remedy, and where it is (line and column from 1)."""

    kind: str
    message: str
    path: Path = ()
    place: tuple[int, int] | None = None

    def text(self, source: str) -> str:
        where = f"{source}:{self.place[0]}:{self.place[1]}" if self.place else source
        key = f"{show(self.path)}: " if self.path else ""
        return f"{where}: {key}{self.message} [{self.kind}]"


class ScenarioError(ValueError):
    """A scenario that cannot be run, with everything that is wrong with it."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source, self.problems = source, sorted(problems, key=lambda problem: problem.place or (0, 0))
        super().__init__("\n".join(self.lines()))

    @property
    def exit_code(self) -> int:
        """2 for a wrong input; 1 where the input is right and something else is in the way."""
        return 1 if self.problems[0].kind in ("OutputLocked", "WorkerDied") else 2

    def lines(self) -> list[str]:
        """A line each for the first ten, and how many more there are."""
        shown = [problem.text(self.source) for problem in self.problems[:SHOWN]]
        more = len(self.problems) - SHOWN
        return [*shown, f"and {more} more"] if more > 0 else shown


def show(path: Path) -> str:
    """`failures[1].kind`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text if len(text) <= 200 else f"{text[:200]}..."
