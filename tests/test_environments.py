"""Environments: one release moves along them, and servers on the same versions are the same in each, or not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.problems import ScenarioError

DAY = 86400


def cattle(environment, more=""):
    return f"{{kind: cattle, replicas: 2, environment: {environment}, start: {{time: 30s, cached: 5s}}, rollout: {{kind: recreate, {more}}}}}"


def scenario(releases, fleets="", horizon="10d", seed=1):
    fleets = fleets or f"{{dev: {cattle('dev')}, staging: {cattle('staging')}, web: {cattle('prod')}, other: {{kind: cattle, replicas: 1}}}}"
    return loads(f"seed: {seed}\nhorizon: {horizon}\nreleases: {releases}\npolicies: {{p: {fleets}}}\n")


def served(run, version="1.1"):
    """When the first server of each fleet served a version."""
    moves = run.record.frame("transitions").merge(run.record.frame("stacks"), on="stack")
    own = moves[(moves["release"].astype(str) == version) & (moves["state"] == "serving")]
    return own.astype({"fleet": str}).groupby("fleet")["time_s"].min().to_dict()


def test_a_release_goes_on_once_all_servers_have_run_it_for_as_long_as_it_soaks():
    """With `recreate` all are of the new image at once, and serve 30 s later; a day by default, then two hours."""
    promote = "promote: [dev, staging, prod]"
    assert served(simulate(scenario(f"{{version: '1.1', at: 1d, {promote}}}"))) == {"dev": DAY + 30, "staging": 2 * DAY + 30, "web": 3 * DAY + 30}
    assert served(simulate(scenario(f"{{version: '1.1', at: 1d, {promote}, soak: 2h}}")))["web"] == DAY + 4 * 3600 + 30


def test_without_promotion_all_get_it_at_once():
    assert set(served(simulate(scenario("{version: '1.1', at: 1d}")))) == {"dev", "staging", "web", "other"}


def test_what_was_rolled_back_goes_no_further():
    fleets = f"{{dev: {cattle('dev', 'gate: {}')}, web: {cattle('prod')}}}"
    assert set(served(simulate(scenario("{version: '1.1', at: 1d, promote: [dev, prod], defect: {errors: 20%}}", fleets)))) == {"dev"}


def test_what_is_superseded_before_it_has_soaked_goes_no_further():
    """1.2 comes half a day later, and soaks from then on."""
    run = simulate(scenario("[{version: '1.1', at: 1d, promote: [dev, prod]}, {version: '1.2', at: 36h, promote: [dev, prod]}]"))
    assert set(served(run)) == {"dev"} and served(run, "1.2")["web"] == 2.5 * DAY + 30


def test_what_is_superseded_before_anybody_has_the_next_goes_no_further_either():
    """Dev's pets get 1.1 in the window of day 7, and it soaks until day 15; 1.2 comes for all on day 14.5, when no window is open: prod is not set back."""
    fleets = f"{{dev: {{kind: pets, servers: 1, environment: dev, rollout: {{kind: windows}}}}, web: {cattle('prod')}}}"
    run = simulate(scenario("[{version: '1.1', at: 1d, promote: [dev, prod], soak: 8d}, {version: '1.2', at: 14.5d}]", fleets, "20d"))
    assert set(served(run)) == {"dev"} and served(run, "1.2")["web"] == 14.5 * DAY + 30


def test_an_environment_that_a_policy_has_no_fleet_in_is_passed_by():
    fleets = f"{{dev: {cattle('dev')}, web: {cattle('prod')}}}"
    both = f"policies: {{p: {fleets}, q: {{staging: {cattle('staging')}}}}}"
    run = simulate(loads(f"horizon: 10d\nreleases: {{version: '1.1', at: 1d, promote: [dev, staging, prod]}}\n{both}\n"), "p")
    assert served(run) == {"dev": DAY + 30, "web": 2 * DAY + 30}


@settings(max_examples=20, deadline=None)
@given(soak=st.integers(0, 48), order=st.permutations(["dev", "staging", "prod"]), seed=st.integers(0, 50))
def test_environments_get_it_in_their_order_and_a_soak_apart(soak, order, seed):
    """All run it as soon as they want it, so the k-th gets it k soaks after the first."""
    run = simulate(scenario(f"{{version: '1.1', at: 1d, promote: [{', '.join(order)}], soak: {soak}h}}", seed=seed))
    name = {"prod": "web"}
    assert [served(run)[name.get(one, one)] - DAY - 30 for one in order] == [k * soak * 3600 for k in range(3)]


def pets(environment, edits):
    drift = f", drift: {{edits: {edits}, settings: 1, fails_more: 0%}}" if edits else ""
    return f"{{kind: pets, servers: 1, environment: {environment}{drift}}}"


def test_pets_of_two_environments_differ_once_one_has_been_edited_and_containers_do_not():
    """One setting in prod, changed for good at the first edit: they differ from then on."""
    run = simulate(scenario("[]", f"{{staging: {pets('staging', '')}, web: {pets('prod', '2/d')}}}"))
    first = run.record.frame("drift")["time_s"].min()
    assert metrics.environment_drift(run) == {"staging": approx(1 - first / (10 * DAY)), "web": approx(1 - first / (10 * DAY))}
    assert set(metrics.environment_drift(simulate(scenario("{version: '1.1', at: 1d}"))).values()) == {0.0}


def test_servers_on_other_versions_are_not_held_against_each_other():
    fleets = f"{{staging: {pets('staging', '')}, web: {pets('prod', '2/d')[:-1]}, version: '0.9'}}}}"
    assert metrics.environment_drift(simulate(scenario("[]", fleets))) == {"staging": 0.0, "web": 0.0}


@pytest.mark.parametrize(
    ("promote", "words"),
    [("[dev, stagin, prod]", r"releases\[0\].promote\[1\]: .*did you mean 'staging'.*ConfigChoice"), ("[dev, prod, dev]", "names 'dev' twice.*ConfigConflict")],
)
def test_environments_are_those_of_fleets_and_each_comes_once(promote, words):
    with pytest.raises(ScenarioError, match=words):
        scenario(f"{{version: '1.1', at: 1d, promote: {promote}}}")


def test_what_was_promoted_does_not_undo_what_was_announced_later():
    """1.1 soaks in dev for a day, in which a fix, 1.2, goes to prod alone: that stays, and no environment after prod gets 1.1."""
    releases = "[{version: '1.1', at: 1h, promote: [dev, prod, staging]}, {version: '1.2', at: 2h, promote: [prod]}]"
    run = simulate(scenario(releases))
    assert served(run) == {"dev": 3630} and served(run, "1.2") == {"web": 7230}
