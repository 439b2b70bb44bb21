"""A queue of recorded requests: each arrives at its time and takes its service time."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.cases import Given, Plan
from conformance.kinds import queue
from conformance.kinds.attempts import FLEET, QUEUE, arrived, served
from conformance.kinds.kind import Kind, law, seconds
from simulator import Run, Scenario
from simulator.recorded import folders

FILE = "arrivals.csv"


def scenario(model: Given, plan: Plan) -> Scenario:
    """A trace of stamps, which is read here and now, and a central queue."""
    requests = {"detail": "requests", "keep": "all", "drain": queue.FOLLOWED, **({"patience": law(model["patience"])} if model.get("patience") else {})}
    trace = {"kind": "trace", "file": FILE, "stamps": True, "per": seconds(length(model) / 100), "beyond": "zero"}
    service = {"law": "recorded", "values": [seconds(time) for time in model["service_times"]]}
    fleet = {**queue.servers(model), "balancer": "central", "service": service}
    with TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_text("".join(f"{time}\n" for time in ("time", *map(repr, model["arrival_times"]))), encoding="utf-8")
        token = folders.set((Path(folder),))
        try:
            return Scenario.model_validate({**queue.times(plan), "requests": requests, "traffic": [trace], "policies": {"pets": {FLEET: fleet}}})
        finally:
            folders.reset(token)


def length(model: Given) -> float:
    """From the first arrival, where the run begins, to the last one, and a little more."""
    times = model["arrival_times"]
    return float(times[-1] - times[0]) + 1


def departures_sorted(run: Run, model: Given, given: Given) -> list[float]:
    return sorted(served(arrived(run, given))["end_s"] + model["arrival_times"][0])


KIND = Kind(
    "trace_queue",
    frozenset({"arrival_times", "service_times", "servers", "capacity", "discipline", "start", "patience"}),
    scenario,
    {**QUEUE, "departures_sorted": departures_sorted},
    lambda model, asked: length(model),
)
