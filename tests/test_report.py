"""Reports: what the page says, what it must not say, and that it stands alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator import Experiment, loads
from simulator.experiment import Results
from simulator.report import decided, findings, render
from simulator.report.assumptions import left_out
from simulator.report.changes import changes
from simulator.report.inputs import inputs
from simulator.report.losses import losses, stops


def results(policies: str, rest: str = "", title: str = "A lost zone") -> Results:
    return Experiment(
        loads(f"""
            title: "{title}"
            horizon: 2h
            replications: 3
            traffic: [{{kind: steady, rate: 50/s}}]
            requests: {{patience: {{law: exponential, mean: 30s}}}}
            failures: [{{kind: outage, zone: a, at: 1h, lasts: 20m}}]
            policies: {policies}
            {rest}
        """)
    ).run()


SMALL, LARGE = "{web: {kind: pets, servers: 6}}", "{web: {kind: pets, servers: 12}}"


@pytest.fixture(scope="module")
def compared() -> Results:
    return results(f"{{small: {SMALL}, large: {LARGE}}}", 'releases: [{version: "1.1", at: 5m}]')


def test_a_winner_that_paid_for_twice_the_capacity_is_named_with_its_price(compared):
    """Six pets against twelve: 100 % more, far beyond the 10 % from which on it must be said."""
    sentence = decided(compared)
    assert (
        "large did better than small" in sentence
        and "but large paid for 100 % more capacity (24 against 12 server-hours a run), which is part of the difference" in sentence
    )


def test_who_paid_for_larger_servers_is_told_from_who_paid_for_more():
    """Six of two workers against six of one: as many server-hours, and twice the capacity."""
    sentence = decided(results(f"{{small: {SMALL}, large: {{web: {{kind: pets, servers: 6, concurrency: 2}}}}}}"))
    assert "100 % more capacity (12 against 12 server-hours a run, of servers that are larger in the mean)" in sentence


SESSIONS = "kind: cattle, replicas: 12, sessions: {starts: 1/s, lasts: 10m"
STATE = "kind: cattle, replicas: 12, state: {kept:"


@pytest.mark.parametrize(
    ("baseline", "rival", "told"),
    [
        (f"{SESSIONS}}}", f"{SESSIONS}, held: client}}", r"rival did better than base: rival lost 0 % of its sessions, base \d"),
        (
            f"{STATE} writable_layer}}, sessions: {{starts: 1/s, held: client}}",
            f"{STATE} store, store: db}}, needs: {{db: {{}}}}",
            r"rival did better than base: rival \(web\) lost 0 MB of what users wrote, base \(web\) \d",
        ),
        (f"{STATE} writable_layer}}, service: 300ms", f"{STATE} store, store: db}}, needs: {{db: {{}}}}", r"rival \(web\) served 100 % of requests"),
    ],
)
def test_who_serves_as_much_as_the_baseline_is_told_from_it_by_what_users_lost(baseline, rival, told):
    """Of twelve the outage takes four, with their sessions and their writable layers; eight are enough for 50/s, unless they need 300 ms each."""
    store = ", db: {kind: pets, servers: 3, concurrency: 10}" if "store" in rival else ""
    assert re.search(told, decided(results(f"{{base: {{web: {{{baseline}}}}}, rival: {{web: {{{rival}}}{store}}}}}")))


def test_equals_are_not_told_apart():
    sentence = decided(results(f"{{one: {SMALL}, other: {SMALL}}}"))
    assert "no difference between other and one is shown" in sentence and "for the same capacity" in sentence


def test_the_share_served_is_in_the_sentence(compared):
    """Of 6 pets the outage takes 2 and the rollout 1: 30/s for 50/s, so 2 in 5 requests are lost in a sixth of the time, which is 6.7 % of all."""
    assert "large served 100 % of requests, small 93.3 %" in decided(compared)


def test_one_policy_alone_is_compared_with_nothing():
    assert decided(results(f"{{one: {SMALL}}}")).startswith("There is nothing to compare here.")


def test_the_page_stands_alone_and_tells_no_time_and_no_place(compared):
    page, figures = render(compared)
    assert set(figures) == {"capacity-web", "drift-web", "skew-web", "recovery-1-web"}
    assert not re.search(r"<(script|link|iframe|img)\b|@import|url\((?!#)", page)
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", page)
    assert all(drawing.removeprefix("<svg")[:2000] in page for drawing in figures.values())


def test_the_same_results_make_the_same_page(compared):
    assert render(compared) == render(compared)


def test_a_title_is_text_and_never_markup():
    page, _ = render(results(f"{{one: {SMALL}}}", title="</title><script>alert(1)</script>"))
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_a_policy_without_an_incident_says_how_sure_that_is(compared):
    """Three runs without one: at 95 % fewer than 1 - 0.05^(1/3) = 63 % of runs have one."""
    page, _ = render(compared)
    assert "no incident" in page and "fewer than 63 % of runs have one" in page


def test_every_default_in_the_report_names_where_it_comes_from(compared):
    found = inputs(compared.scenario)
    assert {given.kind for given in found} == {"yours", "published", "assumed"}
    assert all(given.source for given in found if given.kind != "yours")
    assert ("policies.small.web.servers", "6", "yours") in [given[:3] for given in found]
    assert ("policies.small.web.boot", "lognormal, mean 34s, sigma 0.65", "published") in [given[:3] for given in found]


def test_a_fleet_without_traffic_and_without_incidents_has_a_page_too():
    page, figures = render(Experiment(loads("{horizon: 1h, replications: 1, policies: {p: {web: {kind: cattle, replicas: 2}}}}")).run())
    assert "None: capacity was never short" in page and set(figures) == {"capacity-web"}


# Every request simulated


def single(policies: str, rest: str = "", requests: str = "timeout: 2s, attempts: 2", *changes: str) -> Results:
    """Ten minutes of 40/s, each of 100 ms, with 400/s from 4 to 5 min."""
    return Experiment(
        loads(
            f"""
            horizon: 10m
            replications: 3
            traffic: [{{kind: steady, rate: 40/s}}, {{kind: spike, at: 4m, factor: 10, hold: 1m}}]
            requests: {{detail: requests, service: {{law: exponential, mean: 100ms}}, {requests}}}
            policies: {policies}
            {rest}
        """,
            changes,
        )
    ).run()


POSSIBLE = "objectives: {latency: {quantile: 95%, below: 800ms}}"


@pytest.fixture(scope="module")
def crowd() -> Results:
    few, many = "{web: {kind: pets, servers: 8, queue: 5}}", "{web: {kind: pets, servers: 60, queue: 5, balancer: central}}"
    return single(f"{{few: {few}, many: {many}}}", POSSIBLE)


def test_what_is_known_of_single_requests_has_figures(crowd):
    """Of the spike 8 pets turn most away, and 60 none: its errors are those of a full queue."""
    page, figures = render(crowd)
    assert set(figures) == {"capacity-web", "goodput-web", "latency-web", "errors-web", "recovery-1-web"}
    assert page.index("Goodput is") < page.index("From the first attempt") < page.index("A request fails only")
    assert "full: the queue was" in page and "causes of less than 1 %" in page


def test_policies_of_which_nothing_is_to_be_seen_have_no_panel(crowd):
    """Of sixty pets none is short of a place, and their lines would be those of the others; of a calm day there is no such figure at all."""
    page, _ = render(crowd)
    assert "Nearly all was served at the first attempt by many." in page and "Hardly any failed with many." in page
    assert set(render(steady())[1]) == {"capacity-web", "latency-web"}


def test_who_is_on_time_is_a_headline_with_the_objective(crowd):
    page, _ = render(crowd)
    assert "many: answered within 800 ms" in page and "the objective, 95 %, was met in 3 of 3 runs" in page
    assert "few: answered within 800 ms" in page and "was met in 0 of 3 runs" in page


def test_the_decision_speaks_of_requests_served_where_some_were_not(crowd):
    assert re.search(r"many did better than few: many served \d[\d.]* % of requests, few \d", decided(crowd))


def test_what_became_of_requests_adds_up(crowd):
    """Served, turned away and failed are all that were offered, as nothing is under way ten minutes later."""
    rows = findings.outcomes(findings.fleets(crowd)[0])[1]
    names = [row[0] for row in rows]
    assert names[0] == "requests offered, a run" and any(name.startswith("– full") for name in names)
    own = crowd.tables["summary"]
    assert own["offered"].tolist() == own[["served", "abandoned", "rejected", "failed_requests"]].sum(axis=1).tolist()


def test_the_page_says_which_engine_carried_the_traffic_and_what_it_leaves_out(crowd, compared):
    assert "Every request is simulated" in render(crowd)[0] and "Traffic is carried as a flow" not in render(crowd)[0]
    assert "Traffic is carried as a flow" in render(compared)[0] and "Every request is simulated" not in render(compared)[0]


def steady(rest: str = "") -> Results:
    """Twelve workers for 80/s, with a queue at each, picked blindly, or one for all: nothing is lost."""
    policies = "{blind: {web: {kind: pets, servers: 12, balancer: random}}, shared: {web: {kind: pets, servers: 12, balancer: central}}}"
    return single(policies, rest, "attempts: 1", "traffic=[{kind: steady, rate: 80/s}]")


def test_where_all_are_served_the_decision_is_by_those_on_time():
    assert re.search(r"shared did better than blind: shared answered \d[\d.]* % of requests on time, blind \d", decided(steady(POSSIBLE)))


def test_where_nobody_says_what_is_on_time_the_decision_is_by_the_slowest():
    assert re.search(r"shared did better than blind: shared answered 99 % of requests within \d+ ms, blind within", decided(steady()))


def test_where_nothing_comes_or_nothing_is_served_there_is_a_page_too():
    """Without traffic no figures of requests; and where every attempt takes longer than its client waits, none of latency."""
    one = "{one: {web: {kind: pets, servers: 3}}}"
    assert set(render(single(one, "", "attempts: 1", "traffic=[]"))[1]) == {"capacity-web"}
    page, figures = render(single(one, "", "timeout: 50ms", "requests.service=1s"))
    assert "latency-web" not in figures and "errors-web" in figures and "not known" not in page


def test_a_flow_names_what_it_does_not_carry_once_for_all_policies():
    text = """
        horizon: 1h
        requests: {timeout: 1s, attempts: 1}
        policies:
          p: {web: {kind: pets, servers: 2, balancer: random, needs: {db: {attempts: 3}}}, db: {kind: pets, servers: 2, balancer: central}}
          q: {like: p, web: {health: {interval: 5s}}}
    """
    assert left_out(loads(text)) == ["requests.timeout", "web.balancer", "web.needs.db.attempts", "web.health"]
    page, _ = render(Experiment(loads(text, ["replications=1"])).run())
    assert "<code>web.balancer</code>" in page
    assert left_out(loads(text, ["requests.detail=requests"])) == []


def test_a_flow_explains_no_numbers_that_it_has_not(compared):
    assert "latency p99" not in render(compared)[0]


def test_what_was_said_when_the_scenario_was_read_is_on_the_page(compared):
    page, _ = render(compared, {"warnings": ["the <backlog> will never drain"], "max_events": 2e9, "recordings": ["traffic[0]: 3 rows"]})
    assert "Warning: the &lt;backlog&gt; will never drain" in page and "traffic[0]: 3 rows" in page
    assert "fleetsim run scenario.resolved.yaml --data FOLDER --max-events 2e+09" in page


def test_the_keys_of_the_readme_make_a_scenario():
    """What stands there of single requests, in the scenario that stands first."""
    blocks = re.findall(r"```yaml\n(.*?)```", (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8"), re.S)
    (keys,) = [block for block in blocks if "detail: requests" in block]
    assert loads(blocks[0] + keys).requests.timeout == 2


# What servers hold, and how they differ


def play(policies: str, *rest: str, horizon: str = "2h") -> Results:
    lines = "\n".join(rest)
    return Experiment(loads(f"horizon: {horizon}\nreplications: 2\ntraffic: {{kind: steady, rate: 20/s, to: web}}\n{lines}\npolicies: {policies}\n")).run()


FOUR = "kind: cattle, replicas: 4, start: {time: 30s, cached: 30s}"
LOSS = "failures: [{kind: outage, servers: 1, at: 1h, lasts: 0s, leaves: broken, fleet: web}]"
RELEASE = 'releases: [{version: "1.1", at: 1h}]'


def test_skew_over_time_has_its_causes():
    """Of four on their own disks one in four has what a client wrote: 75 %. One by one they get 1.1, and never are all pairs of one version before the last."""
    told = play("{pets: {web: {kind: pets, servers: 4, state: {kept: disk}}}}", RELEASE, horizon="8h")
    curves = told.tables["curves"]
    assert curves["skew_state"].iloc[0] == pytest.approx(0.75)
    assert curves.loc[curves["time_s"] < 3600, "skew_version"].max() == 0 and curves["skew_version"].max() == pytest.approx(0.5)
    assert (curves["skew_configuration"] == 0).all()
    page, figures = render(told)
    assert "skew-web" in figures and "Local state is a probability of its own" in page


def test_a_change_of_configuration_is_skew_of_configuration():
    told = play("{pets: {web: {kind: pets, servers: 4, env: {COLOUR: red}}}}", "releases: [{kind: config, at: 1h, env: {COLOUR: blue}}]")
    assert (told.tables["curves"]["skew_version"] == 0).all() and told.tables["curves"]["skew_configuration"].max() > 0.3
    page, _ = render(told)
    assert "they run the same with different configuration" in page and "different versions of the software" not in page


def test_the_skew_of_a_run_is_the_mean_of_its_curve():
    told = play(f"{{rolling: {{web: {{{FOUR}}}}}, pets: {{web: {{kind: pets, servers: 4, state: {{kept: disk}}}}}}}}", RELEASE)
    means = told.tables["curves"].groupby(["policy", "replication"])[["skew_version", "skew_state"]].agg(lambda own: own.iloc[:-1].mean())
    sums = told.tables["summary"].set_index(["policy", "replication"])[["skew_version", "skew_state"]].fillna(0.0)
    assert means.sort_index().to_numpy() == pytest.approx(sums.sort_index().to_numpy())


def test_who_always_answers_alike_is_named_and_has_no_panel():
    page, _ = render(play("{one: {web: {kind: pets, servers: 1}}, four: {web: {kind: pets, servers: 4}}}", RELEASE))
    assert "All servers answered alike, or nearly always, with one." in page


def test_nobody_meets_both_of_two_sets_that_are_switched():
    """Two versions run side by side for as long with blue and green, but traffic goes to one of them at any time."""
    fleets = {kind: f"{kind}: {{web: {{{FOUR}, rollout: {{kind: {kind}}}}}}}" for kind in ("rolling", "blue_green")}
    summary = play(f"{{{', '.join(fleets.values())}}}", RELEASE).tables["summary"].groupby("policy")
    assert (summary["skew_version"].max()["blue_green"], summary["version_drift"].min()["blue_green"] > 0) == (0, True)
    assert summary["skew_version"].min()["rolling"] > 0


def test_disks_have_a_figure_where_images_are():
    """Four pets with a full copy each, beside containers of 100 MB."""
    cattle, registry = f"{{{FOUR}, image: {{layers: {{os: 80MB, app: 20MB}}}}, stack: {{os: '12'}}}}", "registry: {kind: registry}"
    page, figures = render(play(f"{{pets: {{web: {{kind: pets, servers: 4}}}}, cattle: {{web: {cattle}, {registry}}}}}"))
    assert "disk-web" in figures and "a pet has a full copy of everything" in page and "a host keeps every layer it has pulled" in page


def test_errors_in_answers_of_a_flow_have_a_figure():
    """All four run it within minutes of 1 h, and a fifth of their answers are errors."""
    told = play(f"{{cattle: {{web: {{{FOUR}}}}}}}", 'releases: [{version: "1.1", at: 1h, defect: {errors: 20%}}]')
    assert told.tables["curves"]["failed"].iloc[[0, -1]].tolist() == pytest.approx([0, 0.2])
    assert "answers-web" in render(told)[1]


def test_sessions_have_a_figure_with_those_lost():
    """A fourth of the sessions is lost with one of four servers, at 1 h; in a cookie none."""
    kept = "sessions: {{starts: 1/s, lasts: 10m, held: {}}}"
    memory, client = (f"{{web: {{{FOUR}, {kept.format(held)}}}}}" for held in ("memory", "client"))
    told = play(f"{{memory: {memory}, client: {client}}}", LOSS, "warmup: 30m")
    curves = told.tables["curves"].set_index(["policy", "replication", "time_s"])
    lost, summed = curves["sessions_lost"], told.tables["summary"].groupby("policy")["sessions_lost"].sum()
    assert lost["memory", 0, 1740].item() != lost["memory", 0, 1740].item()  # not known in the warm-up
    assert lost["memory", 0, 3540].item() == 0 and sum(lost["memory", k, 7200].item() for k in (0, 1)) == summed["memory"] > 0
    page, figures = render(told)
    assert "sessions-web" in figures and "A session is lost with the server" in page and "Sessions lie beside the requests" in page
    assert "No session was lost." in render(play(f"{{client: {client}}}", LOSS))[0]


def test_what_was_lost_is_told_by_place_and_stop_by_stop():
    """10 kB/s for an hour, of which one of four has a fourth: 9 MB. A volume keeps it."""
    inside, outside = (f"{{web: {{{FOUR}, rollout: {{kind: recreate}}, state: {{kept: {kept}}}}}}}" for kept in ("writable_layer", "volume"))
    told = play(f"{{inside: {inside}, outside: {outside}}}", LOSS)
    (fleet,) = findings.fleets(told)
    assert [row[:3] + row[4:6] for row in losses(told, fleet)[1]] == [
        ["inside", "what users wrote", "writable layer", "9.0 MB", "12 %"],
        ["outside", "what users wrote", "volume", "0 MB", "0 %"],
    ]
    ((_, policy, _, _, what, there, lost),) = stops(told, fleet)[1]
    assert (policy, what, there, lost) == ("inside", "writable layer", "9.0 MB", "9.0 MB")
    assert "What was lost in the first replication, stop by stop" in render(told)[0]


def test_changes_are_told_where_a_release_may_be_bad():
    bad = 'releases: [{version: "1.1", at: 1h, defect: {errors: 20%}}]'
    policies = f"{{pets: {{web: {{kind: pets, servers: 4}}}}, gated: {{web: {{{FOUR}, rollout: {{kind: rolling, gate: {{}}}}}}}}}}"
    told = play(policies, bad)
    head, (pets, gated) = changes(told, findings.fleets(told)[0])
    assert dict(zip(head, gated, strict=True)) | {"lead time": "", "failed deployment recovery": ""} == {
        "policy": "gated",
        "releases a run": "1.0",
        "change fail rate": "100 %",
        "rolled back": "1.0",
        "lead time": "",
        "failed deployment recovery": "",
    }
    assert pets[3] == "0"
    assert "no noise of sampling" in render(told)[0]


def test_a_page_without_any_of_it_says_nothing_of_it(compared):
    page, figures = render(compared)
    assert not {"answers-web", "sessions-web", "disk-web"} & set(figures)
    for words in ("What was lost", "<h2>Changes", "no noise of sampling", "Sessions lie beside", "a host keeps every layer"):
        assert words not in page


def test_what_is_said_of_a_cache_is_said_only_where_there_is_one():
    text = "{horizon: 1h, policies: {p: {web: {kind: pets, servers: 2, needs: {db: {}, store: {behind: cache}, cache: {}}}, %s}}}"
    others = ", ".join(f"{name}: {{kind: pets, servers: 1}}" for name in ("db", "store", "cache"))
    found = [given.path for given in inputs(loads(text % others)) if given.path.endswith(".hits")]
    assert found == ["policies.p.web.needs.store.hits"]
