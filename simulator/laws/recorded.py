"""Recorded: what was measured, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from simulator.laws.empirical import MOST_VALUES, Sample
from simulator.recorded import Sha256, folders, values_of, wrong
from simulator.units import LONGEST, Duration, show_duration


class Recorded(Sample):
    """Values in their order, given here or in a column (seconds) of a file: as a service time request k takes value k, modulo their number.

    Anywhere else it is any of them, all alike, as `empirical`.
    """

    law: Literal["recorded"] = "recorded"
    values: Annotated[tuple[Duration, ...], Field(max_length=MOST_VALUES)] = ()
    file: str | None = None
    column: Annotated[str, Field(max_length=1000)] | None = None
    sha256: Sha256 | None = None
    _read: Sequence[float] = PrivateAttr(())

    @model_validator(mode="after")
    def _values(self) -> Self:
        if self.file is None:
            self._refuse_stray()
        elif self.values:
            raise wrong("ConfigConflict", "give `values` or a `file` of them, not both")
        elif folders.get() is not None:
            values, sha256 = values_of(self.file, self.column, self.sha256)
            object.__setattr__(self, "sha256", sha256)  # what is dumped says what was read
            self._read = values
            if max(values) > LONGEST:
                raise wrong("ConfigLimit", f"holds {max(values):g} seconds, longer than {show_duration(LONGEST)}, the most that is simulated")
        return self

    def _refuse_stray(self) -> None:
        for key in ("column", "sha256"):
            if getattr(self, key) is not None:
                raise wrong("ConfigConflict", f"`{key}` is of a `file`, and there is none", key)
        if not self.values:
            raise wrong("ConfigMissing", "give the `values` that were recorded, or a `file` that holds them", "values")

    @property
    def sequence(self) -> Sequence[float]:
        return self.values or self._read

    def dump(self) -> dict[str, Any]:
        """With the values, or with the file that holds them."""
        return {name: value for name, value in super().dump().items() if name != "values" or value}
