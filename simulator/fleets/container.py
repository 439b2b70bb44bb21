"""Containers: a writable layer over a read-only image, and what is mounted into it from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Mount(NamedTuple):
    """A folder that is not the container's own, at a place in it: it hides what the image has there."""

    place: str
    files: dict[str, str]  # texts by their path in the container


class Volume:
    """A folder that outlives the containers it is mounted into, for one writer at a time."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.writer = ""


class Container:
    """One container under its id."""

    def __init__(self, id: str, image: Mapping[str, str], mounts: Sequence[Mount] = ()) -> None:
        self.id, self.image, self.mounts = id, image, mounts
        self.layer: dict[str, str] = {}

    def read(self, path: str) -> str:
        """The text at a path; empty where there is none."""
        mount = covering(path, self.mounts)
        return mount.files.get(path, "") if mount else self.layer.get(path, self.image.get(path, ""))

    def write(self, path: str, text: str) -> None:
        """Put a text at a path, whose folder is taken to be there: into a mount, or into the container's own layer."""
        mount = covering(path, self.mounts)
        (mount.files if mount else self.layer)[path] = text

    def another(self, id: str) -> Container:
        """What takes its place in its pod: another container of the image, with the same mounts."""
        return Container(id, self.image, self.mounts)


def covering(path: str, mounts: Sequence[Mount]) -> Mount | None:
    """The innermost mount that a path lies in."""
    return max((mount for mount in mounts if path.startswith(f"{mount.place}/")), key=lambda mount: len(mount.place), default=None)


def below(place: str, files: Mapping[str, str]) -> dict[str, str]:
    """Those of some files that lie below a place."""
    return {path: text for path, text in files.items() if path.startswith(f"{place}/")}
