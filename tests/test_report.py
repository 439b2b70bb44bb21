"""Reports: what the page says, what it must not say, and that it stands alone."""

from __future__ import annotations

import re

import pytest

from simulator import Experiment, loads
from simulator.experiment import Results
from simulator.report import decided, render
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
