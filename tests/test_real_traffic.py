"""Real traffic, from file to report: days that were recorded, met by pets and by cattle."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import Experiment, load
from simulator.report import render

DATA = Path(__file__).parents[2] / "shared" / "data" / "traffic"
WEATHER = """
horizon: {days}d
replications: 1
traffic: {{kind: trace, file: {name}.csv, column: requests, per: {per}, mean: 400/s}}
failures: {{kind: crash}}
policies:
  pets: {{web: {{kind: pets, servers: 60, concurrency: 2}}}}
  cattle: {{web: {{kind: cattle, replicas: 30, concurrency: 2, autoscaler: {{kind: target_utilisation, target: 60%, min: 20, max: 200}}}}}}
"""


@pytest.mark.skipif(not DATA.exists(), reason="the recordings are not here")
@pytest.mark.parametrize(("name", "days", "per"), [("worldcup98_group_stage", 10, "1m"), ("nab_elb_request_count", 14, "5m")])
def test_recorded_days_run_to_a_report_for_pets_and_cattle(tmp_path, name, days, per):
    """At 400/s on average over the file; the run offers what the file has of its days, which for the first is all: 400 x 864,000 s."""
    config = tmp_path / "days.yaml"
    config.write_text(WEATHER.format(name=name, days=days, per=per))
    scenario = load(config, data=DATA)
    results = Experiment(scenario).run()
    offered = results.tables["summary"]["offered"]
    assert offered.tolist() == pytest.approx([scenario.offered(policy)["web"].integral(0, days * 86400) for policy in ("pets", "cattle")], rel=1e-9)
    if days == 10:
        assert offered.tolist() == pytest.approx([400 * 864_000] * 2, rel=1e-9)
    page, figures = render(results)
    assert "Under recorded traffic" in page
    assert {"capacity-web"} <= figures.keys()
