"""Images: what containers are made from, read-only layers one upon the other, the same wherever they run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from simulator.component import Model, Name, assumed, published, refuse
from simulator.units import Size

PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?")


def _platform(value: Any) -> str:
    if not isinstance(value, str) or not PLATFORM.fullmatch(value):
        raise refuse("ConfigName", f"{value!r:.60} is no platform: write it as the system and the architecture, like linux/amd64")
    return value


Platform = Annotated[str, BeforeValidator(_platform), WithJsonSchema({"type": "string", "pattern": f"^{PLATFORM.pattern}$"})]
AMD64 = "linux/amd64"


class Image(Model):
    """The layers, the lowest first, each of an item of the fleet's stack; what else is in the stack comes from outside, and is no part of the image.

    Sizes are as the registry holds them and the network carries them. (Unpacked, large layers take about 2.8 times as much: p90 63 and 177 MB, Zhao et al.,
    CLUSTER 2019.)
    """

    layers: Annotated[Mapping[Name, Size], Field(min_length=1), published("real services have 200 to 500 MB; median layer below 4 MB: Zhao et al., 2019")] = {
        "app": 200e6
    }
    platforms: Annotated[tuple[Platform, ...], Field(min_length=1), assumed("built for the most usual machines")] = (AMD64,)
    registry: Name = "registry"
    pull: Annotated[Literal["if_not_present", "always"], published("Kubernetes imagePullPolicy; `always` is its default for the tag :latest alone")] = (
        "if_not_present"
    )
    writable: Annotated[Size, assumed("logs and temporary files of one container, in its own layer")] = 10e6


class Layer(NamedTuple):
    """One layer of a built image: its digest says all that is in it and below it."""

    digest: str
    item: str
    version: str
    size: float  # bytes


def build(image: Image, items: Mapping[str, str]) -> tuple[Layer, ...]:
    """The layers of an image of these versions. What has changed changes the digest of its layer and of all above it, and of none below."""
    made, below = [], ""
    for item, size in image.layers.items():
        below = sha256(f"{below}\0{item}\0{items[item]}\0{size!r}".encode()).hexdigest()[:12]
        made.append(Layer(below, item, items[item], size))
    return tuple(made)
