"""Reports: what the page says, what it must not say, and that it stands alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator import Experiment, loads
from simulator.experiment import Results
from simulator.report import decided, findings, render
from simulator.report.assumptions import left_out
from simulator.report.inputs import inputs


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
    assert set(figures) == {"capacity-web", "drift-web", "recovery-1-web"}
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
