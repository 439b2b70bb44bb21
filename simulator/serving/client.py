"""Clients: how long a caller waits for an answer, how often it tries, and what it does in between."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from simulator.component import Model, assumed, published, refuse
from simulator.units import PositiveCount, PositiveDuration, PositiveNumber, PositiveShare, Share

MOST_ATTEMPTS = 16  # of one request: draws are keyed by its number and these
BUDGET_MEMORY = 10.0  # seconds, as in Finagle's retry budget


class Backoff(Model):
    """The wait before a retry: `base`, times `factor` for each retry before it, at most `max`, of which a share `jitter` is left to chance."""

    base: PositiveDuration
    factor: Annotated[PositiveNumber, published("exponential backoff doubles: Brooker, AWS Architecture Blog, 2015")] = 2.0
    max: Annotated[PositiveDuration, published("20 s, as in the AWS SDKs' standard retry mode")] = 20.0
    jitter: Annotated[Share, published("full jitter, the best of three: Brooker, AWS Architecture Blog, 2015")] = 1.0

    @model_validator(mode="before")
    @classmethod
    def _base_alone(cls, value: Any) -> Any:
        return {"base": value} if isinstance(value, str) else value


def _few(value: int) -> int:
    if value > MOST_ATTEMPTS:
        raise refuse("ConfigLimit", f"{value} attempts; the limit is {MOST_ATTEMPTS}")
    return value


class Client(Model):
    """Who calls a fleet: without a timeout it waits for ever, and it tries once where nothing else is said."""

    timeout: PositiveDuration | None = None  # for one attempt
    attempts: Annotated[PositiveCount, AfterValidator(_few), assumed("clients try once")] = 1
    backoff: Backoff | None = None
    budget: PositiveShare | None = None  # retries as a share of first attempts, counted with a memory of BUDGET_MEMORY
    cancel: Annotated[bool, assumed("servers go on working for clients who have left")] = False
