"""Inputs: every parameter that a result rests on, and whether the reader gave it, somebody published it, or it is assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import RootModel

from simulator.component import Model, Source
from simulator.laws import Law
from simulator.problems import Path, show
from simulator.scenario import Scenario


class Input(NamedTuple):
    """One parameter: where it stands, what it is, and where it comes from (`yours`, `published` or `assumed`)."""

    path: str
    value: str
    kind: str
    source: str


def inputs(scenario: Scenario) -> list[Input]:
    """The parameters of a scenario in the order of its file; a default without a source is a definition, and left out."""
    return list(_of(scenario, ()))


def _of(part: Model, path: Path) -> Iterator[Input]:
    dumped = part.dump()
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if value is not None and name not in dumped:
            continue
        source = next((note for note in field.metadata if isinstance(note, Source)), None)
        given = name in part.model_fields_set and name != "kind"
        if isinstance(value, Law) or not _inside(value):
            if given or source:
                yield Input(show((*path, name)), _text(part, name), "yours" if given else source.kind, "" if given else source.text)  # type: ignore[union-attr]
        elif source and not given:
            yield Input(show((*path, name)), _text(part, name), source.kind, source.text)
        else:
            for key, inner in _inside(value):
                yield from _of(inner, (*path, name, *key))


def _inside(value: object) -> list[tuple[Path, Model]]:
    """The models in a value, and how to get to them."""
    if isinstance(value, RootModel):
        value = value.root
    if isinstance(value, Model):
        return [((), value)]
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, tuple) else ()
    return [((key, *path), inner) for key, item in items for path, inner in _inside(item)]


def _text(part: Model, name: str) -> str:
    """A value as a scenario file has it."""
    return _flow(part.dump_field(name))


def _flow(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        if value.get("law") == "constant":
            return str(value["value"])
        return ", ".join(f"{key} {_flow(item)}" if key not in ("law", "kind") else str(item) for key, item in value.items())
    return ", ".join(_flow(item) for item in value) if isinstance(value, list) else str(value)
