"""Names of pets: given, taken from a list, and nobody's twice."""

from __future__ import annotations

import pytest

from simulator import loads, simulate
from simulator.problems import ScenarioError


def names(fleets):
    """The servers of a policy, in order."""
    record = simulate(loads(f"horizon: 1h\npolicies: {{p: {{{fleets}}}}}\n")).record
    return record.frame("servers")["server"].astype(str).tolist()


def test_pets_are_called_as_they_were_named():
    assert names("web: {kind: pets, servers: 2, names: [zeus, hera, pan]}") == ["zeus", "hera"]
    assert names("web: {kind: pets, servers: 2, names: moons, spares: {servers: 1}}") == ["luna", "phobos", "deimos"]
    assert names("web: {kind: pets, servers: 2}") == ["web-00", "web-01"]


@pytest.mark.parametrize(
    ("fleets", "sentence"),
    [
        ("web: {kind: pets, servers: 2, names: [zeus, Zeus]}", "policies.p.web.names: two pets are called 'Zeus'"),
        ("web: {kind: pets, servers: 2, names: [zeus, hera]}, db: {kind: pets, servers: 1, names: [hera]}", "p.db.names: 'hera' is a server of fleet web"),
        ("web: {kind: pets, servers: 1, names: [db-00]}, db: {kind: pets, servers: 1}", "policies.p.db.names: 'db-00' is a server of fleet web"),
        ("web: {kind: pets, servers: 3, names: [zeus, hera]}", "2 names for 3 pets"),
        ("web: {kind: pets, servers: 3, names: trees}", "no list of names 'trees'; known: gods, moons"),
        ("web: {kind: pets, servers: 1, names: ['']}", "is no name"),
    ],
)  # fmt: skip
def test_two_of_one_name_and_too_few_names_are_refused(fleets, sentence):
    with pytest.raises(ScenarioError, match=sentence):
        names(fleets)
