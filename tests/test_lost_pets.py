"""What becomes of pets that lose their host, their data, or the newest version with it."""

from __future__ import annotations

from simulator import loads, metrics, simulate

PROMPT = "detect: {every: 0s, timeout: 0s}, respond: 0s"


def play(pets, weather):
    """Ten days of the fleet `web`, one person, and hosts of one zone; pets boot in no time."""
    policy = f"{{ops: {{kind: crew, people: 1}}, web: {{kind: pets, boot: 0s, provision: 0s, {pets}}}}}"
    return simulate(loads(f"horizon: 10d\nsites: {{zones: [a], hosts_per_zone: 5}}\n{weather}\npolicies: {{p: {policy}}}\n"))


def test_two_visits_of_one_moment_are_two_jobs():
    """Two releases of one moment make two lagged visits to one pet at once: one person each, and neither is lost from the books."""
    weather = "releases: [{version: '1.1', at: 1d}, {item: os, version: '13', at: 1d}]"
    run = play("servers: 1, stack: {os: '12'}, upgrade: {time: 1h}, rollout: {kind: lagged, shift: 0s, lag: 3d}", weather)
    assert run.record.frame("work")["end_s"].tolist() == [4 * 86400 + 3600]


def test_a_spare_takes_over_for_a_lost_host():
    """The host of the only one that serves is away for ten hours; a minute later a spare on another serves."""
    run = play("servers: 1, spares: {servers: 2, switch: 1m}", "failures: [{kind: outage, host: a-0, at: 1d, lasts: 10h}]")
    moves = run.record.frame("transitions")
    assert 86400 + 60 in moves.loc[moves["state"] == "serving", "time_s"].tolist()


def test_a_pet_restored_from_a_backup_runs_what_was_in_it():
    """Upgraded on day 3, broken on day 3.5 and restored from a backup of day 2.x: it is on the old version again, and behind."""
    weather = "releases: [{version: '1.1', at: 3d}]\nfailures: [{kind: outage, servers: 1, at: 84h, lasts: 0s, leaves: broken}]"
    run = play(f"servers: 1, repair: {{{PROMPT}, time: 0s, succeeds: 0%}}, backups: {{every: 3d, lasts: 1h, bandwidth: 1GB/s}}", weather)
    assert metrics.snapshot(run, 9 * 86400)[["app", "behind"]].values.tolist() == [["1.0", 1]]


def test_a_restore_that_is_not_over_at_the_horizon_is_told_as_that():
    """400 GB at 100 MB/s take 4,000 s; half an hour before the end nothing of it is done, and the data of the newest backup is what there is."""
    weather = "failures: [{kind: outage, servers: 1, at: 239.5h, lasts: 0s, leaves: broken}]"
    run = play(f"servers: 1, disk: 400GB, repair: {{{PROMPT}, time: 0s, succeeds: 0%}}, backups: {{every: 1d, lasts: 1h, rto: 1m}}", weather)
    (row,) = metrics.restores(run).to_dict("records")
    assert row["censored"] and row["took_s"] == 1800 and 0 < row["lost_s"] < 25 * 3600 and row["rto_s"] == 60 and not row["rto_met"]


def test_no_backup_is_taken_of_a_pet_whose_host_is_down():
    """The host is away from 48 h to 78 h; what is lost at 80 h was last copied before, or begun after."""
    weather = "failures: [{kind: outage, host: a-0, at: 48h, lasts: 30h}, {kind: outage, servers: 1, at: 80h, lasts: 0s, leaves: broken}]"
    run = play(f"servers: 1, repair: {{{PROMPT}, time: 0s, succeeds: 0%}}, backups: {{every: 4h, lasts: 1h}}", weather)
    (lost,) = metrics.restores(run)["lost_s"]
    assert lost > 32 * 3600 or lost < 2 * 3600
