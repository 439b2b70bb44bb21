"""Requests: what belongs to clients, and how closely what they ask is looked at."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.component import assumed, refuse
from simulator.laws import LastingLaw, law
from simulator.serving import Client
from simulator.units import Duration


class Requests(Client):
    """What belongs to clients, how closely they are looked at (as a flow, or every request), and the service time where a fleet does not give its own."""

    detail: Literal["rate", "requests"] = "rate"
    keep: Literal["windows", "all"] = Field("windows", description="`all` keeps a row for every attempt, beside what is counted in windows.")
    gaps: LastingLaw | None = Field(
        None, description="The law of the gaps between requests, as long in the mean as the traffic's rate says; without it Poisson."
    )
    service: Annotated[LastingLaw, assumed("a web request that touches a database")] = law("lognormal", mean="100ms", cv=1)
    patience: Annotated[LastingLaw | None, assumed("clients wait for ever")] = Field(None, description="Time in the queue before a client leaves for good.")
    drain: Annotated[Duration, assumed("what is under way at the horizon is followed for ten minutes")] = 600.0

    @model_validator(mode="after")
    def _carried(self) -> Self:
        if self.detail == "rate":
            if self.patience and self.patience.law not in ("constant", "exponential"):  # type: ignore[attr-defined]
                raise refuse("ConfigChoice", "the rate engine carries a patience that is constant or exponential; any other needs `detail: requests`")
            if self.keep == "all":
                raise refuse("ConfigConflict", "`keep: all` needs `detail: requests`, as a flow has no single requests")
        return self
