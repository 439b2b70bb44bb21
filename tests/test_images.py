"""Images: layers that are shared and pulled when they are missing, registries that are slow, down or forgetful, and disks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import Experiment, loads, metrics, simulate
from simulator.kubernetes import pull_backoff
from simulator.problems import ScenarioError

IMAGE = "image: {layers: {os: 80MB, app: 20MB}}, stack: {os: '12'}"
PULL, UNPACK = 125e6, 25e6  # bytes a second of a host


def play(cattle, weather="", horizon="3h", hosts=2, parts="", seed=3):
    """The run of one fleet `web` of containers that start in 5 s, once their image is there, on hosts of one zone."""
    sites = f"sites: {{zones: [a], hosts_per_zone: {hosts}}}"
    fleet = f"{{kind: cattle, start: {{cached: 5s}}, {cattle}}}"
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\n{sites}\n{weather}\npolicies: {{p: {{{parts} web: {fleet}}}}}\n"))


def frame(run, table, *texts):
    return run.record.frame(table).astype(dict.fromkeys(texts, str))


def served(run):
    """When containers that were not there from the start began to serve."""
    moves = frame(run, "transitions", "state")
    return moves.loc[(moves["state"] == "serving") & (moves["time_s"] > 0), "time_s"].tolist()


RELEASE = "releases: [{version: '1.1', at: 10m}]"


# Layers


def test_a_release_builds_the_layers_from_its_own_up_and_shares_those_below():
    run = play(f"replicas: 1, {IMAGE}", "releases: [{version: '1.1', at: 1h}, {item: os, version: '13', at: 2h}]")
    first, app, system = (own["layer"].tolist() for _, own in frame(run, "images", "layer").groupby("stack"))
    assert first[0] == app[0] and first[1] != app[1]
    assert not set(app) & set(system)  # what lies upon a new layer is built anew


def test_who_goes_back_finds_the_old_image_on_its_hosts():
    """The new containers are never ready; at the deadline all goes back, and of 100 + 20 MB nothing is pulled again."""
    bad = "releases: [{version: '1.1', at: 10m, defect: {does: never_ready}}]"
    run = play(f"replicas: 4, {IMAGE}, rollout: {{kind: rolling, rollback: true}}", bad)
    assert frame(run, "pulls")["layers"].tolist() == [1] * len(frame(run, "pulls"))
    stacks = frame(run, "transitions", "server", "state").groupby("server").last()
    assert stacks.loc[stacks["state"] != "retired", "stack"].tolist() == [0] * 4


def test_two_fleets_of_one_image_share_its_layers():
    """Web and worker on one host: what was pulled for the first is there for the other."""
    fleet = f"{{kind: cattle, replicas: 1, start: {{cached: 5s}}, rollout: {{kind: recreate}}, {IMAGE}}}"
    run = simulate(loads(f"horizon: 1h\nsites: {{zones: [a], hosts_per_zone: 1}}\n{RELEASE}\npolicies: {{p: {{web: {fleet}, worker: {fleet}}}}}"))
    assert frame(run, "pulls")["bytes"].tolist() == [20e6]
    assert frame(run, "disks")["bytes"].sum() == 80e6 + 20e6 + 20e6


# Pulls


def test_a_start_takes_as_long_as_its_missing_layers_take_to_come_and_to_be_unpacked():
    """20 MB of 100 at 125 MB/s, and unpacked at 25 MB/s, then 5 s; the second container on the host waits for the first one's pull and then has all."""
    run = play("replicas: 4, rollout: {kind: recreate}, " + IMAGE, RELEASE)
    pulled = 20e6 / PULL + 20e6 / UNPACK
    assert served(run) == approx([600 + pulled + 5] * 4)
    assert frame(run, "pulls")["bytes"].tolist() == [20e6] * 2
    assert metrics.pulls(run)["took_s"].tolist() == approx([pulled] * 2)


def test_hosts_that_pull_at_once_share_the_registrys_bandwidth():
    """Four hosts, 40 MB/s: 10 MB/s each, 2 s for 20 MB; of two hosts none gets more than its own line takes, 15 MB/s."""
    parts = "registry: {kind: registry, bandwidth: 40MB/s}, nodes: {kind: nodes, bandwidth: 15MB/s},"
    for hosts, pace in ((4, 10e6), (2, 15e6)):
        run = play(f"replicas: {hosts}, rollout: {{kind: recreate}}, {IMAGE}", RELEASE, hosts=hosts, parts=parts)
        assert metrics.pulls(run)["took_s"].tolist() == approx([20e6 / pace + 20e6 / UNPACK] * hosts)


def test_a_host_pulls_one_image_at_a_time():
    """Two fleets of different images on one host: the second pull begins when the first is unpacked."""
    fleets = ", ".join(
        f"{name}: {{kind: cattle, replicas: 1, start: {{cached: 5s}}, rollout: {{kind: recreate}}, image: {{layers: {{app: {size}MB}}}}}}"
        for name, size in (("web", 50), ("worker", 100))
    )
    run = simulate(loads(f"horizon: 1h\nsites: {{zones: [a], hosts_per_zone: 1}}\n{RELEASE}\npolicies: {{p: {{{fleets}}}}}"))
    first, second = 50e6 / PULL + 50e6 / UNPACK, 100e6 / PULL + 100e6 / UNPACK
    assert metrics.pulls(run)["took_s"].tolist() == approx([first, first + second])


def test_a_crash_starts_again_from_the_image_that_is_there():
    run = play(f"replicas: 2, {IMAGE}", "failures: [{kind: crash, time_to_failure: 1h, age: new}]")
    assert len(served(run)) >= 4 and frame(run, "pulls").empty


def test_what_a_lost_host_was_pulling_is_pulled_again_when_it_is_back():
    """Lost 0.1 s into the pull, for 60 s: the copy begins anew, and what had lain on the disk is still there (20 MB, not 100)."""
    weather = f"{RELEASE}\nfailures: [{{kind: outage, host: a-0, at: 600.1s, lasts: 60s}}]"
    run = play(f"replicas: 1, rollout: {{kind: recreate}}, {IMAGE}", weather, hosts=1)
    assert frame(run, "pulls", "outcome")["outcome"].tolist() == ["host lost", "pulled"]
    assert served(run) == approx([660.1 + 20e6 / PULL + 20e6 / UNPACK + 5])
    assert frame(run, "pulls")["bytes"].tolist() == [0, 20e6]


def test_the_back_off_doubles_up_to_five_minutes():
    assert [pull_backoff.pause(failures) for failures in (1, 2, 3, 4, 5, 6, 7, 10**4)] == [10, 20, 40, 80, 160, 300, 300, 300]


# Registries


def test_while_the_registry_is_down_what_runs_lives_on_and_nothing_new_starts():
    """Down from 600 s to 700 s: tries at 600, 610, 630, 670 and 750 s, the last of which succeeds; the old ones serve until then, within the fence."""
    weather = f"{RELEASE}\nfailures: [{{kind: outage, registry: registry, at: 10m, lasts: 100s}}]"
    run = play(f"replicas: 4, rollout: {{kind: rolling, max_surge: 1, max_unavailable: 0}}, {IMAGE}", weather, hosts=1)
    pulls = frame(run, "pulls", "outcome")
    assert pulls["time_s"].tolist() == approx([600, 610, 630, 670, 750]) and pulls["outcome"].tolist() == ["registry down"] * 4 + ["pulled"]
    assert metrics.up(run, "web").values.min() == 4
    assert served(run)[0] == approx(750 + 20e6 / PULL + 20e6 / UNPACK + 5)


def test_a_pull_under_way_fails_with_its_registry():
    """20 MB at 1 MB/s take 20 s; the registry goes down after 5 and is back after 10: the try 10 s after the failure begins from nothing."""
    weather = f"{RELEASE}\nfailures: [{{kind: outage, registry: registry, at: 605s, lasts: 5s}}]"
    run = play(f"replicas: 1, rollout: {{kind: recreate}}, {IMAGE}", weather, hosts=1, parts="registry: {kind: registry, bandwidth: 1MB/s},")
    assert frame(run, "pulls")["end_s"].tolist() == approx([605, 615 + 20 + 20e6 / UNPACK])


def test_an_image_that_the_registry_has_deleted_cannot_be_had_though_it_runs():
    """Kept for a day: replacements on a host that has it start, and one on a host without it never does."""
    parts = "registry: {kind: registry, retention: 1d},"
    weather = "failures: [{kind: outage, host: a-0, at: 2d, lasts: 12h}]"
    run = play(f"replicas: 1, {IMAGE}", weather, "60h", parts=parts)
    outcomes = frame(run, "pulls", "outcome", "host")
    assert set(outcomes["outcome"]) == {"image gone"} and set(outcomes["host"]) == {"a-1"} and not served(run)


def test_who_always_pulls_asks_the_registry_even_for_what_is_there():
    """A crash while the registry is down: `always` waits for it, `if_not_present` does not."""
    weather = "failures: [{kind: outage, registry: registry, at: 50m, lasts: 30m}, {kind: crash, time_to_failure: 1h, age: new}]"
    first = {pull: served(play(f"replicas: 1, image: {{pull: {pull}}}", weather, hosts=1))[0] for pull in ("always", "if_not_present")}
    assert first["if_not_present"] == approx(3605)
    assert first["always"] == approx(3600 + 10 + 20 + 40 + 80 + 160 + 300 + 300 + 300 + 5)  # the outage ends at 1,200 s, after the try at 910


def test_a_host_of_another_platform_refuses_the_image():
    sites, nodes = "{zones: [a, b], hosts_per_zone: 3}", "{kind: nodes, platforms: {b: linux/arm64}}"
    run = simulate(loads(f"horizon: 1h\nsites: {sites}\n{RELEASE}\npolicies: {{p: {{nodes: {nodes}, web: {{kind: cattle, replicas: 6, image: {{}}}}}}}}"))
    assert set(frame(run, "transitions", "host")["host"]) == {"a-0", "a-1", "a-2"}


# Laws


@settings(max_examples=25, deadline=None)
@given(
    replicas=st.integers(1, 12),
    hosts=st.integers(1, 5),
    releases=st.lists(st.tuples(st.sampled_from(["app", "os"]), st.integers(1, 170)), max_size=4, unique_by=lambda release: release[1]),
    down=st.integers(0, 170),
    lost=st.integers(0, 170),
    seed=st.integers(0, 99),
)
def test_what_is_pulled_is_what_was_missing_and_disks_hold_each_layer_once(replicas, hosts, releases, down, lost, seed):
    """On every host: bytes on the disk = sum of distinct layers = those of the start + bytes pulled; no layer comes twice, and none that no image has."""
    told = ", ".join(f"{{kind: at, item: {item}, version: '{20 + n}', at: {at}m}}" for n, (item, at) in enumerate(sorted(releases, key=lambda one: one[1])))
    failures = f"{{kind: outage, registry: registry, at: {down}m, lasts: 7m}}, {{kind: outage, host: a-0, at: {lost}m, lasts: 10m}}"
    run = play(f"replicas: {replicas}, {IMAGE}", f"releases: [{told}]\nfailures: [{failures}]", "3h", hosts, seed=seed)
    disks, pulls, images = frame(run, "disks", "host", "layer"), frame(run, "pulls", "host"), frame(run, "images", "layer")
    assert not disks.duplicated(["host", "layer"]).any()
    sizes = images.drop_duplicates("layer").set_index("layer")["bytes"]
    for host, own in disks.groupby("host"):
        assert own["bytes"].sum() == sizes[own["layer"]].sum()
        assert own["bytes"].sum() == own.loc[own["time_s"] == 0, "bytes"].sum() + pulls.loc[pulls["host"] == host, "bytes"].sum()
    table = metrics.disk(run)
    last = table.drop_duplicates("host", keep="last").set_index("host")["bytes"]
    moves = frame(run, "transitions", "server", "host", "state").groupby("server").last()
    there = moves.loc[moves["state"] != "retired", "host"].value_counts()
    for host, total in last.items():
        assert total == approx(disks.loc[disks["host"] == host, "bytes"].sum() + 10e6 * there.get(host, 0))


def test_the_disk_of_a_herd_is_shared_and_that_of_pets_is_not():
    """Two hosts: 100 MB of layers on each and 4 x 10 MB; four pets have a full copy each. A container lost with its host is elsewhere; a pet waits."""
    text = f"""
    horizon: 2h
    sites: {{zones: [a], hosts_per_zone: 2}}
    failures: [{{kind: outage, host: a-0, at: 10m, lasts: 1h}}]
    policies: {{cattle: {{web: {{kind: cattle, replicas: 4, {IMAGE}}}}}, pets: {{web: {{kind: pets, servers: 4, disk: 1GB}}}}}}
    """
    tables = {policy: metrics.measure(simulate(loads(text), policy))["summary"].iloc[0] for policy in ("cattle", "pets")}
    assert tables["cattle"]["disk"] == approx(0.24, rel=0.02) and tables["pets"]["disk"] == 4
    assert tables["cattle"]["hosts_used"] > 1 and tables["pets"]["hosts_used"] == 1


def test_who_had_to_ask_a_registry_that_is_down_has_waited_for_a_pull():
    """A crash at 1 h under `pull: always`, the registry down until 20 s later: it asks after 0, 10 and 30 s, and the image was there all along."""
    weather = "failures: [{kind: crash, time_to_failure: 1h, age: new}, {kind: outage, registry: registry, at: 1h, lasts: 20s}]"
    run = play("replicas: 1, image: {layers: {app: 20MB}, pull: always}", weather, "90m")
    assert served(run) == [3600 + 30 + 5] and metrics.pulls(run).empty
    assert metrics.measure(run)["summary"]["cold_starts"].item() == 1


def test_a_result_with_images_has_their_numbers_and_one_without_has_not():
    told = Experiment(loads(f"horizon: 1h\nreplications: 2\n{RELEASE}\npolicies: {{p: {{web: {{kind: cattle, replicas: 3, image: {{}}}}}}}}")).run()
    assert (told.tables["summary"]["cold_starts"] > 0).all() and (told.tables["curves"]["disk_gb"] > 0).all() and len(told.tables["pulls"])
    bare = Experiment(loads("horizon: 1h\nreplications: 2\npolicies: {p: {web: {kind: cattle, replicas: 3}}}")).run()
    assert bare.tables["summary"]["disk"].isna().all() and "pulls" not in bare.tables


# What is refused


@pytest.mark.parametrize(
    ("cattle", "parts", "error"),
    [
        ("image: {layers: {app: -20MB}}", "", "policies.p.web.image.layers.app: should not be negative"),
        ("image: {layers: {}}", "", "policies.p.web.image.layers: needs at least 1"),
        (
            "image: {layers: {app: 1MB, runtme: 1MB}}, stack: {runtime: '3'}",
            "",
            "a layer of 'runtme', which is not in the fleet's `stack`; did you mean 'runtime'?",
        ),
        ("image: {platforms: [linux/arm64]}", "", "policies.p.web.image.platforms: no host is a linux/arm64: they are linux/amd64"),
        ("image: {platforms: [amd64]}", "", "image.platforms[0]: 'amd64' is no platform: write it as the system and the architecture, like linux/amd64"),
        ("image: {registry: ops}", "ops: {kind: crew},", "policies.p.web.image.registry: 'ops' is not a registry"),
        ("image: {}", "nodes: {kind: nodes, platforms: {x: linux/arm64}},", "policies.p.nodes.platforms.x: no zone 'x'"),
        ("image: {}", "one: {kind: nodes}, two: {kind: nodes},", "policies.p.two: the hosts of a policy are described once"),
    ],
)
def test_what_makes_no_image_is_refused(cattle, parts, error):
    with pytest.raises(ScenarioError, match=r"ConfigRange|ConfigChoice|ConfigConflict|ConfigName") as caught:
        play(f"replicas: 1, {cattle}", parts=parts)
    (line,) = str(caught.value).splitlines()
    assert error in line


def test_a_registry_that_no_image_names_is_warned_of():
    fleet = "{kind: cattle, replicas: 1, image: {registry: registy}}"
    scenario = loads(f"horizon: 1h\npolicies: {{p: {{web: {fleet}, registry: {{kind: registry, bandwidth: 1MB/s}}}}}}")
    assert scenario.warnings == ["policies.p.registry: no fleet of this policy names this registry"]


def test_a_machine_pulls_no_layers():
    with pytest.raises(ScenarioError, match=r"a machine with `profile: vm` boots from an image of its own.*\[ConfigConflict\]"):
        loads("horizon: 1h\npolicies: {p: {web: {kind: cattle, replicas: 1, image: {}, start: {profile: vm}}}}")


def test_a_tag_that_nobody_built_cannot_be_gone_back_to():
    """1.0 was built at the start and 1.1 by a release; 0.9 never was. Pets, who install it by hand, may."""
    text = "horizon: 3h\nreleases: [{version: '1.1', at: 1h}, {version: '0.9', at: 2h, rollback: true}]\npolicies: {p: {web: {%s}}}"
    with pytest.raises(ScenarioError, match=r"releases\[1\].version: no image has the tag '0.9'; built by then: 1.0, 1.1 \[ConfigChoice\]"):
        loads(text % "kind: cattle, replicas: 1, image: {}")
    loads(text % "kind: pets, servers: 1")
    loads(text.replace("0.9", "1.0") % "kind: cattle, replicas: 1, image: {}")


def test_an_outage_of_a_registry_that_nobody_has_is_refused():
    with pytest.raises(ScenarioError, match=r"failures\[0\].registry: no registry 'registri' in any policy; did you mean 'registry'\?"):
        play("replicas: 1, image: {}", "failures: [{kind: outage, registry: registri, at: 1m, lasts: 1m}]")
