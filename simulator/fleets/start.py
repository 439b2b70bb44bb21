"""Starts: what a container, or a machine made from an image, goes through from its launch until it serves at full speed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import model_validator

from simulator.component import Model, assumed, published
from simulator.laws import Law, law
from simulator.units import PositiveDuration, Share

STEPS = 5  # of a ramp
VM = {"time": law("lognormal", mean="55.9s", sigma=0.65), "cached": law("lognormal", mean="34s", sigma=0.65)}


class Start(Model):
    """Pulled and started in `time`, or in `cached` where its image lies on the host; then it initialises, as its probes see, until it can answer.

    With `profile: vm` it is a machine made from a golden image, as behind a scaling group: it boots in the time of new virtual machines (mean 55.9 s, Linux
    on AWS: Hao et al. 2021, Table IV) or starts again in that of stopped ones (34.0 s), and where it fails it is replaced, not restarted.
    """

    profile: Literal["container", "vm"] = "container"
    time: Annotated[Law, published("Borg task start, median about 25 s: Verma et al., EuroSys 2015; sigma as of VM boots, Hao et al. 2021")] = law(
        "lognormal", median="25s", sigma=0.65
    )
    cached: Annotated[Law, published("with the image on its host, a fifth: 80 % of a start installs packages (Verma et al. 2015)")] = law(
        "lognormal", median="5s", sigma=0.65
    )
    initialise: Annotated[Law, assumed("it can answer once it runs")] = law("constant", value="0s")

    @model_validator(mode="before")
    @classmethod
    def _of_its_profile(cls, given: Any) -> Any:
        return {**VM, **given} if isinstance(given, dict) and given.get("profile") == "vm" else given


class WarmUp(Model):
    """A ramp of speed: with cold caches and code not yet compiled a server begins at a part of full speed, and comes to all of it in a straight line."""

    begins: Annotated[Share, assumed("half as fast; no measurement found for web servers")] = 0.5
    lasts: PositiveDuration

    def speeds(self) -> list[tuple[float, float]]:
        """From when (seconds of service) at which speed: stairs with the area of the line."""
        return [(self.lasts * k / STEPS, self.begins + (1 - self.begins) * (k + 0.5) / STEPS) for k in range(STEPS)] + [(self.lasts, 1.0)]
