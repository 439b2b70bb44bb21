"""Kinds of model: each an adapter that tells a case in the words of a scenario, and a question in those of a metric."""

from __future__ import annotations

from conformance.kinds import fleet_recovery_fluid, fluid, machine_repair
from conformance.kinds.kind import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (fluid.KIND, fleet_recovery_fluid.KIND, machine_repair.KIND)}
