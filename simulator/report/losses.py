"""Losses: what users gave the servers of each policy to keep, and what of it was lost, in all and stop by stop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from simulator.experiment import Results
from simulator.report.findings import Fleet, Table, column
from simulator.text import percent, plain, span

PLACES = {"writable_layer": "writable layer", "empty_dir": "emptyDir", "volume": "volume", "store": "store", "disk": "own disk"}
HOLDERS = {"memory": "memory of the server", "cache": "cache", "client": "client"}
NONE = "—"


class Kind(NamedTuple):
    """Something that users leave with a fleet: what it is, and its columns of the summary."""

    name: str
    given: str
    lost: str
    unit: str


WRITTEN = Kind("what users wrote", "state_written", "state_lost", " MB")
SESSIONS = Kind("sessions", "sessions_started", "sessions_lost", "")


def losses(results: Results, fleet: Fleet) -> Table:
    """A row a policy and kind, means over runs; none where nothing is kept."""
    rows = []
    for policy in fleet.policies:
        for kind, place in _kept(results, fleet, policy):
            given, lost = (float(column(fleet, policy, name).mean()) for name in (kind.given, kind.lost))
            found = percent(float(column(fleet, policy, "found_again").mean())) if kind is WRITTEN else NONE
            share = percent(lost / given) if given else NONE
            rows.append([policy, kind.name, place, f"{plain(given)}{kind.unit}", f"{plain(lost)}{kind.unit}", share, found])
    return ["policy", "what", "kept in", "written, or started", "lost", "share", "found again"], rows


def stops(results: Results, fleet: Fleet) -> Table:
    """The stops of the first replication with which something was lost, one by one, in the order of time."""
    found = [pd.DataFrame(columns=["time_s", "policy", "server", "why", "what", "there", "lost"])]
    if "state" in results.tables:
        own = _first(results.tables["state"], "fleet", fleet)
        told = {name: [f"{plain(size)} MB" for size in own[size_of] / 1e6] for name, size_of in (("there", "written"), ("lost", "lost"))}
        found.append(own.assign(what=own["place"].map(PLACES), **told))
    if "sessions" in results.tables:
        own = _first(results.tables["sessions"], "of", fleet)
        told = {name: [plain(number) for number in own[name_of]] for name, name_of in (("there", "live"), ("lost", "lost"))}
        found.append(own.assign(why=own["cause"], what="sessions", **told))
    rows = pd.concat([table[list(found[0])] for table in found if len(table)] or found)
    rows = rows.sort_values("time_s", kind="stable")
    return ["at", "policy", "server", "why", "what", "was there", "lost"], [[span(row[0]), *map(str, row[1:])] for row in rows.itertuples(index=False)]


def _first(table: pd.DataFrame, owner: str, fleet: Fleet) -> pd.DataFrame:
    """The losses of one fleet in the first replication."""
    return table[(table[owner] == fleet.name) & (table["replication"] == 0) & (table["lost"] > 0)]


def _kept(results: Results, fleet: Fleet, policy: str) -> Iterator[tuple[Kind, str]]:
    """What users leave with the fleet, and where it is kept."""
    part = results.scenario.policies[policy].fleets[fleet.name]
    if part.state:
        yield WRITTEN, PLACES[part.state.kept] + (f": {part.state.store}" if part.state.store else "")
    if part.sessions:
        yield SESSIONS, HOLDERS[part.sessions.held] + (f": {part.sessions.cache}" if part.sessions.cache else "")
