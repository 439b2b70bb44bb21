"""Steps: what somebody does by hand to named servers in the course of a run, the same in every policy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from simulator.component import Model, Name, refuse
from simulator.units import Moment

WITH = {"run": ("image", "volume"), "write": ("on", "text"), "read": ("on",), "restart": (), "remove": ()}  # the keys that go with each verb
NEEDED = {"image": "what it is made from", "on": "the server it is done to", "text": "what is written"}
PATH = re.compile(r"(/[A-Za-z0-9._-]{1,100}){1,20}")
IMAGE = re.compile(r"[a-z0-9][a-z0-9._/-]{0,99}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,99})?")


def _path(value: Any) -> str:
    if not isinstance(value, str) or not PATH.fullmatch(value) or {".", ".."} & set(value.split("/")):
        raise refuse("ConfigName", f"{value!r:.60} is no path of a file: write it from the root on, like /usr/share/nginx/html/index.html")
    return value


def _image(value: Any) -> str:
    if not isinstance(value, str) or not IMAGE.fullmatch(value):
        raise refuse("ConfigName", f"{value!r:.60} is no name of an image: write it like nginx or nginx:1.27")
    return value


def tagged(image: str) -> str:
    """An image with its tag, which is `latest` where none is given."""
    return image if ":" in image else f"{image}:latest"


def _tagged_once(images: dict[str, Any]) -> dict[str, Any]:
    if len({tagged(image) for image in images}) < len(images):
        raise refuse("ConfigConflict", "two images are one: a name without a tag has the tag `latest`")
    return images


FilePath = Annotated[str, BeforeValidator(_path), WithJsonSchema({"type": "string", "pattern": f"^{PATH.pattern}$"})]
ImageName = Annotated[str, BeforeValidator(_image), WithJsonSchema({"type": "string", "pattern": f"^{IMAGE.pattern}$"})]
Content = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\p{Cc}\p{Zl}\p{Zp}]*$")]  # of a file: a line of text
OneOfATag = AfterValidator(_tagged_once)


class Step(Model):
    """One thing that is done by hand: at a time a server is run, restarted or removed, or a file on it is written or read."""

    at: Moment
    run: Name | None = None
    write: FilePath | None = None
    read: FilePath | None = None
    restart: Name | None = None
    remove: Name | None = None
    on: Name | None = None
    image: ImageName | None = None
    volume: Name | None = None
    text: Content | None = None

    @model_validator(mode="after")
    def _one_verb(self) -> Self:
        verbs = [verb for verb in WITH if getattr(self, verb) is not None]
        if len(verbs) != 1:
            raise refuse("ConfigConflict", f"a step takes one of {', '.join(f'`{verb}`' for verb in WITH)}{', not ' + ' and '.join(verbs) if verbs else ''}")
        for key in ("on", "image", "volume", "text"):
            if getattr(self, key) is not None and key not in WITH[self.verb]:
                goes = " and ".join(f"`{verb}`" for verb, keys in WITH.items() if key in keys)
                raise refuse("ConfigConflict", f"`{key}` goes with {goes}, not with `{self.verb}`")
            if getattr(self, key) is None and key in WITH[self.verb] and key in NEEDED:
                raise refuse("ConfigMissing", f"`{self.verb}` needs `{key}`, {NEEDED[key]}")
        return self

    @property
    def verb(self) -> str:
        """What is done."""
        return next(verb for verb in WITH if getattr(self, verb) is not None)

    @property
    def server(self) -> str:
        """To which server."""
        return str(getattr(self, self.names))

    @property
    def names(self) -> str:
        """The key that says to which server."""
        return "on" if self.on else self.verb

    @property
    def path(self) -> str:
        """The file it is about; empty where it is about none."""
        return self.write or self.read or ""


def ordered(steps: Iterable[Step]) -> list[tuple[int, Step]]:
    """The steps with their numbers, by their time and then by their place."""
    return sorted(enumerate(steps), key=lambda numbered: numbered[1].at)


def looked_at(steps: Iterable[Step]) -> dict[int, str]:
    """The file that tells what each step did, by its number: its own, else the last one that was written or read on its server, else the first that will be."""
    found: dict[int, str] = {}
    last: dict[str, str] = {}
    first: dict[str, str] = {}
    numbered = ordered(steps)
    for _, step in numbered:
        if step.path:
            first.setdefault(step.server, step.path)
    for number, step in numbered:
        last[step.server] = step.path or last.get(step.server, "")
        found[number] = last[step.server] or first.get(step.server, "")
    return found
