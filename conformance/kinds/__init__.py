"""Kinds of model: each an adapter that tells a case in the words of a scenario, and a question in those of a metric."""

from __future__ import annotations

from conformance.kinds import (
    autoscaler,
    backup,
    balanced_queues,
    cost,
    drift,
    first_passage,
    fleet_recovery_fluid,
    fluid,
    infinite_server,
    inplace_update,
    machine_repair,
    ordering,
    queue,
    queue_with_failures,
    release_failures,
    restore_all,
    retries,
    retry_queue,
    rolling_update,
    sessions,
    staged_rollout,
    tandem,
    trace_queue,
    zones,
)
from conformance.kinds.kind import Kind

ALL = (
    fluid,
    fleet_recovery_fluid,
    restore_all,
    machine_repair,
    first_passage,
    queue,
    trace_queue,
    balanced_queues,
    ordering,
    queue_with_failures,
    infinite_server,
    tandem,
    retry_queue,
    zones,
    backup,
    sessions,
    drift,
    inplace_update,
    rolling_update,
    staged_rollout,
    release_failures,
    autoscaler,
    cost,
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in (*(module.KIND for module in ALL), queue.TRANSIENT, retries.INDEPENDENT, retries.LAYERS)}
