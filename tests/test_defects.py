"""Defects: what is wrong with a release shows in answers or in speed, at once or later, until it is mended, superseded or rolled back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.problems import ScenarioError

CATTLE = "{kind: cattle, replicas: 1, start: {time: 30s, cached: 5s}, rollout: {kind: recreate}}"


def play(releases, fleet=CATTLE, horizon="4h", weather="", seed=1):
    text = f"seed: {seed}\nhorizon: {horizon}\nrequests: {{service: 100ms}}\n{weather}\nreleases: {releases}\npolicies: {{p: {{web: {fleet}}}}}\n"
    return simulate(loads(text))


def rows(run, table, *columns):
    return list(run.record.frame(table)[list(columns)].astype(object).itertuples(index=False, name=None))


def errors(run):
    return [(time, round(share, 9)) for time, share in rows(run, "errors", "time_s", "share")]


def test_errors_show_as_soon_as_a_server_with_them_serves():
    """Released at 1 h, started in 30 s, and open until the horizon."""
    run = play("{version: '1.1', at: 1h, defect: {errors: 20%}}")
    assert errors(run) == [(3630, 0.2)]
    assert rows(run, "defects", "time_s", "end_s", "shown_s", "release", "does") == [(3600, 14400, 3630, "1.1", "errors")]


def test_a_latent_defect_shows_a_while_after_each_start():
    """10 min after 1 h and 30 s; a crash at 20 min of age takes it along, and a restart of 5 s begins its clock anew."""
    crash = "failures: [{kind: crash, time_to_failure: 20m, age: new}]"
    run = play("{version: '1.1', at: 10m, defect: {errors: 50%, after: 10m}}", horizon="45m", weather=crash)
    first = 600 + 30 + 600
    assert errors(run) == [(first, 0.5), (first + 600, 0.0), (first + 600 + 5 + 600, 0.5)]


def test_a_slow_release_serves_at_a_part_of_full_speed():
    """10 requests a second, then 4; no errors where only a speed is given."""
    run = play("{version: '1.1', at: 1h, defect: {speed: 40%}}")
    assert metrics.capacity(run)["web"].iloc[-1] == approx(4) and errors(run) == []


def test_a_hot_fix_ends_it_in_all_that_run_it():
    run = play("{version: '1.1', at: 1h, defect: {errors: 20%, mended: 30m}}")
    assert errors(run) == [(3630, 0.2), (5400, 0.0)]
    assert rows(run, "defects", "time_s", "end_s") == [(3600, 5400)]


def test_later_versions_have_it_too_until_it_is_mended():
    """1.2 comes at 70 min in 30 s: the same share of errors, until 1 h + 30 min."""
    run = play("[{version: '1.1', at: 1h, defect: {errors: 20%, mended: 30m}}, {version: '1.2', at: 70m}]")
    assert errors(run) == [(3630, 0.2), (4200, 0.0), (4230, 0.2), (5400, 0.0)]
    assert rows(run, "defects", "time_s", "end_s", "release") == [(3600, 5400, "1.1")]


def test_without_a_fix_the_next_version_does_not_have_it():
    """With `recreate` the old one goes at once: it is over when 1.2 is announced."""
    run = play("[{version: '1.1', at: 1h, defect: {errors: 20%}}, {version: '1.2', at: 70m}]")
    assert errors(run) == [(3630, 0.2), (4200, 0.0)]
    assert rows(run, "defects", "time_s", "end_s") == [(3600, 4200)]


def test_two_defects_add_up_as_chances_do():
    """1 - 0.8 x 0.5 = 0.6."""
    run = play("[{version: '1.1', at: 1h, defect: {errors: 20%, mended: 10h}}, {version: '1.2', at: 2h, defect: {errors: 50%}}]")
    assert errors(run)[-1] == (7230, 0.6)


def test_a_hot_fix_starts_again_who_could_not_be_ready():
    """Never ready from 1 h on; mended half an hour later, and 5 s to start where its image is."""
    run = play("{version: '1.1', at: 1h, defect: {mended: 30m}}")
    moves = run.record.frame("transitions")
    assert moves.loc[(moves["state"] == "serving") & (moves["time_s"] > 0), "time_s"].tolist() == [5405]


def test_pets_show_errors_once_they_are_patched():
    """The patch works: 1 h to do it, no time to boot."""
    run = play("{version: '1.1', at: 1h, defect: {errors: 20%}}", "{kind: pets, servers: 2, boot: 0s, upgrade: {time: 1h}}")
    assert errors(run) == [(7200, 0.2), (10800, 0.2)]


@settings(max_examples=15, deadline=None)
@given(share=st.integers(1, 100), speed=st.integers(1, 100), seed=st.integers(0, 99))
def test_what_is_mended_leaves_servers_as_they_were(share, speed, seed):
    """Errors and speed of all are back to nothing and all of it, whatever happened between."""
    defect = f"{{probability: 70%, errors: {share}%, speed: {speed}%, after: {{law: exponential, mean: 10m}}, mended: 1h}}"
    crash = "failures: [{kind: crash, time_to_failure: {law: exponential, mean: 1h}}]"
    fleet = "{kind: cattle, replicas: 4, start: {time: 30s, cached: 5s}}"
    run = play(f"{{version: '1.1', at: 1h, defect: {defect}}}", fleet, "3h", crash, seed)
    last = run.record.frame("errors").drop_duplicates("server", keep="last")
    assert not last["share"].any()
    moves = run.record.frame("transitions").drop_duplicates("server", keep="last")
    assert set(moves.loc[moves["state"] == "serving", "capacity_rps"]) <= {10.0}
    assert all(end == 7200 for end in run.record.frame("defects")["end_s"])


@pytest.mark.parametrize("defect", ["{does: never_ready, errors: 10%}", "{does: crash_loop, speed: 50%}", "{does: never_ready, after: 1h}"])
def test_who_never_serves_has_no_answers_to_go_wrong(defect):
    with pytest.raises(ScenarioError, match="ConfigConflict"):
        play(f"{{version: '1.1', at: 1h, defect: {defect}}}")


def test_what_is_written_out_reads_back():
    releases = "[{version: '1.1', at: 1h, defect: {speed: 50%}}, {version: '1.2', at: 2h, defect: {}}]"
    given = loads(f"horizon: 4h\nreleases: {releases}\npolicies: {{p: {{web: {CATTLE}}}}}\n")
    assert type(given).model_validate(given.dump()) == given and [release.defect.does for release in given.releases] == ["errors", "never_ready"]
