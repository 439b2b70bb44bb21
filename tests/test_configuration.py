"""Configuration from outside: one image in many environments, and a release that brings no new image."""

from __future__ import annotations

import pytest
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.problems import ScenarioError

RELEASE = "{kind: config, at: 1h, env: {GREETING: hi}}"


def play(fleet, releases=RELEASE, horizon="10h"):
    return simulate(loads(f"horizon: {horizon}\nreleases: {releases}\npolicies: {{p: {{web: {fleet}}}}}\n"))


def test_containers_are_rolled_to_the_same_image_with_other_configuration():
    run = play("{kind: cattle, replicas: 2, env: {GREETING: hello}, start: {time: 30s}, rollout: {kind: recreate}}")
    last = run.record.frame("transitions").drop_duplicates("server", keep="last").merge(run.record.frame("stacks"), on="stack")
    there = last[last["state"] == "serving"].astype({"item": str, "release": str})
    assert set(zip(there["item"], there["release"], strict=True)) == {("app", "1.0"), ("config", "2")}


def test_pets_are_edited_in_place_in_less_time_and_without_a_reboot():
    """5 min each, one after another, where a patch takes an hour and a boot ten minutes."""
    pets = "{kind: pets, servers: 2, env: {GREETING: hello}, boot: 10m, upgrade: {time: 1h}}"
    moves = play(pets).record.frame("transitions").astype({"phase": str})
    assert moves.loc[moves["phase"] == "patch", "time_s"].tolist() == [3600, 3900]
    assert not (moves["phase"] == "boot").any() and moves.loc[moves["time_s"] > 0, "time_s"].max() == 4200
    both = play(pets, f"[{RELEASE}, {{version: '1.1', at: 1h}}]").record.frame("transitions")
    assert (both["phase"] == "boot").any()


def test_skew_is_split_by_its_cause():
    """Two pets: for 5 min the one has the new configuration, and for the hour of the second patch the other software: half of the pairs differ each time."""
    pets = "{kind: pets, servers: 2, env: {GREETING: hello}, boot: 0s, upgrade: {time: 1h}}"
    found = metrics.measure(play(pets, f"[{RELEASE}, {{version: '1.1', at: 3h}}]"))["summary"].iloc[0]
    assert found["skew_configuration"] == approx(0.5 * 300 / 36000) and found["skew_version"] == approx(0.5 * 3600 / 36000)
    assert found["answer_skew"] == approx(found["skew_configuration"] + found["skew_version"])


def test_one_image_makes_two_fleets():
    """The same versions under two commands are one stack."""
    fleets = "{web: {kind: cattle, replicas: 1, command: web, env: {A: '1'}}, worker: {kind: cattle, replicas: 1, command: worker, env: {A: '2'}}}"
    run = simulate(loads(f"horizon: 1h\npolicies: {{p: {fleets}}}\n"))
    assert run.record.frame("transitions")["stack"].nunique() == 1


@pytest.mark.parametrize(
    ("fleet", "words"),
    [
        ("{kind: cattle, replicas: 1}", r"releases\[0\]: .*give one an `env`.*ConfigChoice"),
        ("{kind: cattle, replicas: 1, env: {A: b}, stack: {config: '7'}}", "item `config`.*ConfigConflict"),
        ("{kind: cattle, replicas: 1, env: {A: 1}}", "quote it.*ConfigType"),
    ],
)
def test_what_has_no_configuration_gets_none(fleet, words):
    with pytest.raises(ScenarioError, match=words):
        play(fleet)
