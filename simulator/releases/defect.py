"""Defects: what may be wrong with a release, at once or after a while."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from simulator.component import Model, assumed, refuse
from simulator.laws import Law, law
from simulator.units import PositiveShare, Share


class Defect(Model):
    """Its containers are never ready, or end as soon as they have begun, and a patch of a pet fails; or who runs it serves with `errors`, or slowly.

    `errors` and `speed` show so long `after` a server began to serve, anew each time it does. Until it is `mended`, by a hot fix in all that run it, the
    later versions of the item have it too; without that the next version does not have it.
    """

    probability: PositiveShare = 1.0
    does: Literal["never_ready", "crash_loop", "errors"] = "never_ready"
    errors: Annotated[Share | None, assumed("one answer in five; of a defect that says its `speed` none")] = Field(
        None, description="The share of answers that are errors."
    )
    speed: PositiveShare = 1.0  # the part of full speed that is left
    after: Annotated[Law, assumed("it shows at once")] = law("constant", value="0s")
    mended: Annotated[Law | None, assumed("the next version does not have it")] = Field(None, description="How long after the release a hot fix is everywhere.")

    @model_validator(mode="before")
    @classmethod
    def _of_answers(cls, given: Any) -> Any:
        """Who gives `errors` or a `speed` need not say what it does."""
        return {"does": "errors", **given} if isinstance(given, dict) and ({"errors", "speed"} & given.keys()) else given

    @model_validator(mode="after")
    def _serving(self) -> Self:
        if self.does != "errors" and (self.errors is not None or self.speed < 1 or self.after.expected):
            raise refuse("ConfigConflict", f"`errors`, `speed` and `after` go with `does: errors`; who does {self.does} never serves")
        return self

    @property
    def wrong(self) -> float:
        """The share of answers that are errors, of a server that shows it."""
        return (0.2 if self.speed == 1 else 0.0) if self.errors is None else self.errors
