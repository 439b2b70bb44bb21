"""Common random numbers: what is added to a scenario changes nothing else in it, and policies meet the same weather."""

from __future__ import annotations

import pytest
from pandas.testing import assert_frame_equal
from pytest import approx

from simulator import loads, simulate

WEATHER = """
seed: {seed}
horizon: 3d
sites: {{zones: [a, b], hosts_per_zone: 3}}
requests: {{service: 100ms, patience: {{law: exponential, mean: 30s}}}}
traffic: [{{kind: diurnal, mean: 40/s, peak: 60/s, to: web}}, {{kind: spike, at: 20h, factor: 3, hold: 1h, to: web}}]
failures:
  - {{kind: crash, time_to_failure: {{law: weibull, shape: 0.7, mean: 8h}}}}
  - {{kind: crash, of: host, time_to_failure: {{law: exponential, mean: 3d}}}}
  - {{kind: outage, share: 40%, at: 30h, lasts: {{median: 20m, p95: 40m}}}}
  - {{kind: outage, zone: a, at: 50h, lasts: 20m}}
releases: [{{version: "1.1", at: 10h}}, {{version: "1.2", at: 40h}}]
policies:
"""
PETS = "web: {kind: pets, servers: 8}"
CATTLE = "web: {kind: cattle, replicas: 8, autoscaler: {kind: target_utilisation, min: 6, max: 30}}"
OTHERS = [
    "api: {kind: cattle, replicas: 5}",
    "db: {kind: pets, servers: 3, repair: {crew: dba}, upgrade: {crew: dba}}",
]


def scenario(*policies, seed=1):
    """The weather met by policies, which are called p0, p1, ..."""
    return loads(WEATHER.format(seed=seed) + "".join(f"  p{n}: {{{parts}}}\n" for n, parts in enumerate(policies)))


def of_fleet(run, fleet="web"):
    """All that the record says of one fleet, without the numbers that stand for stacks."""
    record = run.record
    stacks = record.frame("stacks").astype({"release": str}).set_index("stack")["release"]
    tables = {name: record.frame(name) for name in ("transitions", "signals", "windows")}
    tables["transitions"] = tables["transitions"].assign(stack=tables["transitions"]["stack"].map(stacks))
    work = record.frame("work")
    tables["work"] = work[work["server"].astype(str).str.startswith(f"{fleet}-")]
    return {name: plain(table[table["fleet"] == fleet] if "fleet" in table else table) for name, table in tables.items()}


def plain(table):
    """Texts for categories, whose other members do not matter."""
    return table.astype({name: object for name in table.select_dtypes("category")}).reset_index(drop=True)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert_frame_equal(one[name], other[name], obj=name, check_exact=True)


def everything(run):
    return {name: plain(table) for name, table in ((name, run.record.frame(name)) for name in run.record.tables)}


@pytest.mark.parametrize("web", [PETS, CATTLE])
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("first", [True, False])
def test_adding_a_fleet_changes_no_other_fleets_record(web, other, first):
    """Whichever of the two stands first in the policy."""
    both = f"{other}, {web}" if first else f"{web}, {other}"
    assert_same(of_fleet(simulate(scenario(web))), of_fleet(simulate(scenario(both))))


def test_adding_a_policy_changes_nothing():
    """The same record under another policy's name, and next to others."""
    alone = simulate(scenario(PETS), "p0")
    assert_same(everything(alone), everything(simulate(scenario(CATTLE, PETS, CATTLE), "p1")))


def test_adding_a_failure_changes_no_draw_of_the_others():
    """A new source of crashes that never strikes, put last."""
    base = scenario(PETS).dump()
    more = {**base, "failures": [*base["failures"], {"kind": "crash", "time_to_failure": {"law": "constant", "value": "40d"}, "age": "new"}]}
    assert_same(everything(simulate(scenario(PETS))), everything(simulate(type(scenario(PETS)).model_validate(more))))


def test_adding_a_server_changes_no_other_server():
    """With people enough, eight pets live as they do among nine."""
    crew = "ops: {kind: crew, people: 9}, web: {kind: pets, servers: "
    quiet = "upgrade: {crew: nobody, time: 1ms}, boot: 0s}"

    def lives(servers):
        rows = plain(simulate(scenario(f"{crew}{servers}, {quiet}")).record.frame("transitions"))
        own = rows[(rows["slot"] < 8) & rows["phase"].isin(["detect", "respond", "repair"])]
        return own.groupby("server")["time_s"].apply(list).to_dict()

    assert set(lives(8)) == {f"web-0{n}" for n in range(8)}
    # The share that the third failure strikes is of eight or of nine: 3 or 4 pets. Before that they are the same.
    before = {server: [t for t in times if t < 30 * 3600] for server, times in lives(8).items()}
    assert {server: [t for t in times if t < 30 * 3600] for server, times in lives(9).items() if server in before} == before


def test_the_same_seed_gives_the_same_record():
    assert_same(everything(simulate(scenario(CATTLE), replication=4)), everything(simulate(scenario(CATTLE), replication=4)))


def test_another_seed_and_another_replication_give_other_records():
    """Not one first time to failure is shared."""
    first = [lifetimes(simulate(scenario(PETS, seed=seed), replication=r)) for seed, r in [(1, 0), (2, 0), (1, 1)]]
    assert len({lives[slot][0] for lives in first for slot in lives}) == 3 * 8


def lifetimes(run):
    """The times to failure of each slot, in order, as far as they are known."""
    rows = run.record.frame("transitions")
    rows = rows[rows["phase"].isin(["serve", "detect", "back-off", "start"]) | (rows["state"] == "retired")].sort_values(["slot", "time_s"], kind="stable")
    lasted = rows.groupby("slot")["time_s"].shift(-1) - rows["time_s"]
    own = lasted[(rows["phase"] == "serve") & lasted.notna()]
    return {slot: times.tolist() for slot, times in own.groupby(rows["slot"])}


def test_the_kth_time_to_failure_of_a_slot_is_the_same_for_every_policy():
    """Pets repaired in half an hour, pets repaired in three hours and containers started again at once: each slot's lives are as long, one by one."""
    crashes = loads("""
        horizon: 10d
        failures: [{kind: crash, time_to_failure: {law: weibull, shape: 0.7, mean: 8h}}]
        policies:
          quick: {ops: {kind: crew, people: 5}, web: {kind: pets, servers: 5, repair: {respond: 1m, time: 30m}}}
          slow: {ops: {kind: crew, people: 5}, web: {kind: pets, servers: 5, repair: {respond: 1m, time: 3h}}}
          cattle: {web: {kind: cattle, replicas: 5, start: {time: 10s}}}
    """)
    quick, slow, cattle = (lifetimes(simulate(crashes, policy)) for policy in crashes.policies)
    for slot in range(5):
        known = min(len(policy[slot]) for policy in (quick, slow, cattle))
        assert known >= 8
        assert slow[slot][:known] == approx(quick[slot][:known], abs=1e-6)
        assert cattle[slot][:known] == approx(quick[slot][:known], abs=1e-6)


def test_the_traffic_is_the_same_for_every_policy():
    """Demand as the record has it, and what was offered in every window."""
    both = scenario(PETS, CATTLE)
    pets, cattle = (of_fleet(simulate(both, policy)) for policy in both.policies)
    assert_frame_equal(*(run["signals"][run["signals"]["signal"] == "demand"].reset_index(drop=True) for run in (pets, cattle)))
    assert pets["windows"]["offered"].to_numpy() == approx(cattle["windows"]["offered"].to_numpy(), rel=1e-9)


def test_outages_strike_at_the_same_times_for_every_policy():
    both = scenario(PETS, CATTLE)
    pets, cattle = (plain(simulate(both, policy).record.frame("events")) for policy in both.policies)
    assert_frame_equal(pets, cattle)
