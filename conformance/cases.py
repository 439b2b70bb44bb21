"""Cases: a model, how long and how often to run it, and what must come out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Given = Mapping[str, Any]


class CaseError(ValueError):
    """A file of cases that cannot be read."""


class Question(NamedTuple):
    """What is to be measured: a metric, and what it takes, such as `at` or `k`. The answer expected is not in it."""

    metric: str
    given: Given


class Expected(NamedTuple):
    """A question, its answer, and the rule by which a measurement is held against it."""

    question: Question
    value: Any  # None where the rule has bounds instead
    rule: Given


class Plan(NamedTuple):
    """How a case is run; times in its unit, which is a second."""

    warmup: float
    horizon: float | None
    replications: int
    seed: int


class Case(NamedTuple):
    """One case of a file."""

    name: str
    model: Given
    plan: Plan
    expected: list[Expected]


ASIDE = ("metric", "value", "tol", "checked", "notes")  # what is not part of the question


def read(file: Path, seed: int) -> list[Case]:
    """The cases of a file, to be run with a seed; raises CaseError."""
    try:
        content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CaseError(f"{file}: {error.strerror}; name a file of cases, as in `make conformance CASES=FILE`") from None
    except (UnicodeDecodeError, YAMLError) as error:
        raise CaseError(f"{file}: cannot be read: {str(error).splitlines()[0]}") from None
    cases = content.get("cases") if isinstance(content, dict) else content
    if not isinstance(cases, list):
        raise CaseError(f"{file}: should be a list of cases")
    return [_case(file, number, case, seed) for number, case in enumerate(cases)]


def _case(file: Path, number: int, case: Any, seed: int) -> Case:
    try:
        run: Any = case.get("run") or {}
        plan = Plan(float(run.get("warmup", 0)), float(run["horizon"]) if "horizon" in run else None, int(run.get("replications", 1)), seed)
        if "kind" not in case["model"]:
            raise KeyError("kind")
        return Case(str(case["id"]), case["model"], plan, [_expected(one) for one in case["expect"]])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CaseError(f"{file}: case {number + 1} is not in the schema: {type(error).__name__}: {error}") from None


def _expected(one: Given) -> Expected:
    if "rule" not in one["tol"]:
        raise KeyError("rule")
    question = Question(one["metric"], {key: value for key, value in one.items() if key not in ASIDE})
    return Expected(question, one.get("value"), one["tol"])
