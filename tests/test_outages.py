"""Outages: who is taken down, from when to when, and what becomes of them."""

from __future__ import annotations

from pytest import approx

from simulator import loads, metrics, simulate

SITES = "sites: {zones: [a, b, c], hosts_per_zone: 2}\nrequests: {service: 100ms}"
AT_ONCE = "detect: {every: 0s, timeout: 0s}, respond: 0s"


def play(weather, parts="web: {kind: pets, servers: 12, boot: 30s}"):
    """The run of one policy, by default twelve pets on six hosts that boot in 30 s."""
    return simulate(loads(f"seed: 5\n{SITES}\n{weather}\npolicies: {{only: {{{parts}}}}}\n"))


def held(run):
    """Who is taken down when, in order: (server, time)."""
    rows = run.record.frame("transitions")
    own = rows[rows["phase"] == "hold"]
    return list(zip(own["server"].astype(str), own["time_s"], strict=True))


def story(run, server):
    """What a server went through: (time, phase)."""
    rows = run.record.frame("transitions")
    own = rows[rows["server"] == server]
    return list(zip(own["time_s"], own["phase"].astype(str), strict=True))


def outage(where, at="1h", lasts="20m"):
    return f"{{kind: outage, {where}, at: {at}, lasts: {lasts}}}"


# Whom


def test_a_zone_holds_the_servers_on_its_hosts_and_no_others():
    """Slots stand in zones a, b, c in turn: zone b has every third, from 1 on."""
    run = play(f"horizon: 2h\nfailures: [{outage('zone: b')}]")
    assert sorted(held(run)) == [(f"web-{slot:02d}", 3600) for slot in (1, 4, 7, 10)]


def test_a_host_holds_the_servers_on_it_and_no_others():
    """Host c-1 is the sixth of six: slots 5 and 11."""
    run = play(f"horizon: 2h\nfailures: [{outage('host: c-1')}]")
    assert held(run) == [("web-05", 3600), ("web-11", 3600)]


def test_a_share_holds_that_many_of_every_fleet():
    """A quarter of 12, of 8 and of 5 servers, in whole servers: 3, 2 and 1."""
    run = play(
        f"horizon: 2h\nfailures: [{outage('share: 25%')}]",
        "web: {kind: pets, servers: 12}, api: {kind: cattle, replicas: 8}, db: {kind: pets, servers: 5}",
    )
    struck = [name for name, _ in held(run)]
    assert [sum(name.startswith(fleet) for name in struck) for fleet in ("web", "api", "db")] == [3, 2, 1]


# How long


def test_an_outage_takes_pets_down_for_as_long_as_it_lasts_and_then_they_boot_by_themselves():
    """Down from 60 to 80 min, 30 s of boot, and nobody had to work on them."""
    run = play(f"horizon: 2h\nfailures: [{outage('zone: a')}]")
    assert story(run, "web-00") == [(0, "serve"), (3600, "hold"), (4800, "boot"), (4830, "serve")]
    assert len(run.record.frame("work")) == 0


def test_capacity_is_away_exactly_while_the_outage_lasts_and_the_pets_boot():
    """Twelve at 10/s: 120/s, and 80/s from 3600 to 4830 s."""
    steps = metrics.capacity(play(f"horizon: 2h\nfailures: [{outage('zone: a')}]"))["web"]
    assert steps[steps.diff() != 0].to_dict() == {0: 120, 3600: 80, 4830: 120}


def test_a_server_is_down_until_the_last_of_the_outages_that_hold_it_ends():
    """The zone from 60 to 80 min, its host from 70 to 100, the zone again from 90 to 95: web-00 boots at 100 min, and web-06 beside it too;
    web-03 on the other host of the zone boots at 80 and at 95."""
    run = play(f"horizon: 3h\nfailures: [{outage('zone: a')}, {outage('host: a-0', '70m', '30m')}, {outage('zone: a', '90m', '5m')}]")
    assert [time for time, phase in story(run, "web-00") if phase == "boot"] == [6000]
    assert [time for time, phase in story(run, "web-03") if phase == "boot"] == [4800, 5700]


def test_two_outages_of_one_zone_at_once_are_over_when_both_are():
    """From 60 to 80 and from 70 to 75 min."""
    run = play(f"horizon: 3h\nfailures: [{outage('zone: a')}, {outage('zone: a', '70m', '5m')}]")
    assert [phase for _, phase in story(run, "web-00")] == ["serve", "hold", "boot", "serve"]
    assert story(run, "web-00")[2] == (4800, "boot")


def test_an_outage_that_is_not_over_at_the_horizon_lasts_to_it():
    run = play(f"horizon: 2h\nfailures: [{outage('zone: a', '90m', '1h')}]")
    assert story(run, "web-00") == [(0, "serve"), (5400, "hold")]


# How many


def test_as_many_outages_strike_as_were_asked_for():
    """A hundred outages of one host, one every 10 minutes for 2 minutes, and one that lies beyond the horizon: 100 holds of each of its two pets."""
    failures = ", ".join(outage("host: b-0", f"{10 * n}m", "2m") for n in range(1, 102))
    run = play(f"horizon: 1005m\nfailures: [{failures}]")
    assert len(run.record.frame("events")) == 100
    assert [name for name, _ in held(run)] == ["web-01", "web-07"] * 100


# Trouble on top of trouble

HOURLY = "{kind: crash, time_to_failure: 1h, age: new}"


def test_a_pet_under_repair_when_its_zone_goes_down_is_repaired_after_it_is_back():
    """Dead at 60 min, under repair; the zone is away from 70 to 90 min, and the repair of 30 min begins again: 90 to 120 min."""
    run = play(f"horizon: 125m\nfailures: [{HOURLY}, {outage('zone: a', '70m')}]", f"web: {{kind: pets, servers: 1, repair: {{{AT_ONCE}, time: 30m}}}}")
    assert [(time, phase) for time, phase in story(run, "web-00") if phase in ("hold", "serve")] == [(0, "serve"), (4200, "hold"), (7200, "serve")]
    work = run.record.frame("work")
    assert list(zip(work["time_s"], work["end_s"], strict=True)) == [(3600, 4200), (5400, 7200)]


def test_a_pet_whose_turn_comes_while_its_zone_is_down_is_repaired_after_it_is_back():
    """Both dead at 60 min, one person, 30 min each. web-01 in zone b waits; its zone is away from 80 to 110 min, so that nobody can work on it
    when the person is free at 90 min: its repair is from 110 to 140 min."""
    run = play(
        f"horizon: 145m\nfailures: [{HOURLY}, {outage('zone: b', '80m', '30m')}]",
        f"ops: {{kind: crew, people: 1}}, web: {{kind: pets, servers: 2, repair: {{{AT_ONCE}, time: 30m}}}}",
    )
    assert [time for time, phase in story(run, "web-01") if phase == "serve"] == [0, 8400]


def test_while_a_pet_waits_for_its_zone_the_crew_works_on_others():
    """Three dead at 60 min, one person, 30 min each; web-01's zone b is away from 80 to 170 min: web-02 is done at 120 min, web-01 at 200."""
    run = play(
        f"horizon: 178m\nfailures: [{HOURLY}, {outage('zone: b', '80m', '90m')}]",
        f"ops: {{kind: crew, people: 1}}, web: {{kind: pets, servers: 3, repair: {{{AT_ONCE}, time: 30m}}}}",
    )
    assert [time for time, phase in story(run, "web-02") if phase == "serve"] == [0, 7200]


def test_a_patch_that_a_lost_zone_broke_off_leaves_the_old_version():
    """Being patched from 60 min on; its zone is away from 62 to 64 min, then it boots in 30 s."""
    run = play(
        f"horizon: 65m\nreleases: [{{version: '1.1', at: 1h}}]\nfailures: [{outage('zone: a', '62m', '2m')}]",
        "web: {kind: pets, servers: 1, boot: 30s, upgrade: {time: 10m}}",
    )
    assert run.record.frame("transitions")["stack"].nunique() == 1
    assert [time for time, phase in story(run, "web-00") if phase == "serve"] == [0, 3870]


def test_a_lost_store_makes_its_callers_wait():
    """web asks the store once a request. The store's two pets die at 60 min and are back at 90 min: 120/s x 1800 s = 216,000 wait at web,
    and the store's spare 200 - 120 = 80/s clear them in 2700 s."""
    run = play(
        "horizon: 119m\ntraffic: [{kind: steady, rate: 120/s}]\nfailures: [{kind: crash, time_to_failure: 1h, age: new, fleet: store}]",
        "web: {kind: pets, servers: 30, needs: {store: {calls: 1}}}, "
        f"store: {{kind: pets, servers: 2, concurrency: 10, repair: {{{AT_ONCE}, time: 30m}}}}",
    )
    signals = run.record.frame("signals")
    backlog = signals[signals["signal"] == "backlog"].groupby("fleet", observed=False)["value"].max()
    assert backlog["web"] == approx(216_000)
    assert metrics.availability(run)["served"].to_dict() == approx({"web": 120 * 3600 + 29 * 60 * 200, "store": 120 * 3600 + 29 * 60 * 200})
