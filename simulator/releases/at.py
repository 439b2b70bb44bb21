"""A release at a time: one version, as planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import GetJsonSchemaHandler, StrictBool

from simulator.releases.release import Release
from simulator.units import Moment
from simulator.versions import Version


class At(Release):
    """One version at a time; with `rollback` it is an older one."""

    kind: Literal["at"] = "at"
    version: Version
    at: Moment
    rollback: StrictBool = False

    def times(self, uniform: Callable[[int], float]) -> Iterator[float]:
        yield self.at

    def expected(self, horizon: float) -> float:
        return float(self.at <= horizon)

    def named(self, k: int) -> tuple[str, str]:
        return "version", self.version

    @property
    def goes_back(self) -> bool:
        return self.rollback

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        made = super().__get_pydantic_json_schema__(schema, handler)
        handler.resolve_ref_schema(made)["required"].remove(cls.tag)
        return made
