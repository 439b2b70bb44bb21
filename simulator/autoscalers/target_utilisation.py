"""Target utilisation: as many servers as keep each at a given share of what it can serve."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from simulator.autoscalers.autoscaler import LoadAutoscaler
from simulator.component import assumed
from simulator.units import PositiveShare

if TYPE_CHECKING:
    from simulator.serving import Load


class TargetUtilisation(LoadAutoscaler):
    """Offered load over (target x rate of a server); it sees what clients offer, so a saturated fleet does not blind it."""

    kind: Literal["target_utilisation"] = "target_utilisation"
    target: Annotated[PositiveShare, assumed("room for the start-up time of a container")] = 0.6

    def wanted(self, load: Load, server_rps: float) -> int:
        # A hair less than the quotient, so that 12.000000000000002 is 12.
        return math.ceil(load.demand_rps / (self.target * server_rps) - 1e-9)
