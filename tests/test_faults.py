"""The wrong files of ../shared/cases/faults: each is refused by its class, with what it must name, in one line a problem."""

from __future__ import annotations

import os
import pickle
import re
from pathlib import Path
from zipfile import ZipFile

import pytest
from ruamel.yaml import YAML

from simulator.problems import ScenarioError
from simulator.scenario_file import load

FAULTS = Path(__file__).parents[2] / "shared" / "cases" / "faults" / "faults.yaml"
CASES = YAML(typ="safe", pure=True).load(FAULTS.read_text(encoding="utf-8")) if FAULTS.exists() else []
LEFT_OUT = {
    "F-101": "disruption budgets and drains are not built yet",
    "F-105": "sites have no zone weights yet",
    "F-113": "sweeps are not built yet",
    **{case["id"]: "a procedure: see test_cli.py" for case in CASES if case["category"] == "environment"},
}
VALID = "version: 1\nhorizon: 1d\npolicies: {p: {web: {kind: cattle, replicas: 3}}}\n"
ROWS = "t,requests\n" + "".join(f"{second},9\n" for second in range(9))


def with_trace(file: Path, name: str) -> Path:
    """The place of the trace that a scenario in this file names."""
    file.write_text(f"{VALID}traffic: [{{kind: trace, file: {name}, beyond: repeat}}]\n")
    return file.with_name(name)


RECIPES = {  # what the recipes mean here; files of 200 MB and of 1 GB are one long hole, and a name of a million letters does not fit into the largest file
    "F-017": lambda file: file.open("wb").truncate(200 << 20),
    "F-019": lambda file: file.write_bytes(VALID.encode("utf-16")),
    "F-021": lambda file: file.write_bytes(b"\xef\xbb\xbf" + VALID.encode()),
    "F-029": lambda file: None,
    "F-055": lambda file: file.write_text(VALID.replace("replicas: 3", "replicas: 3" + "".join(f", key{n}: 1" for n in range(1000)))),
    "F-123": lambda file: os.mkfifo(with_trace(file, "t.csv")),
    "F-125": lambda file: ZipFile(with_trace(file, "t.zip"), "w").writestr("../t.csv", ROWS),
    "F-127": lambda file: with_trace(file, "t.csv").write_text(ROWS.replace("\n5,9\n", "\n5,nan\n")),
    "F-129": lambda file: with_trace(file, "t.csv").write_text(ROWS.replace("\n5,9\n", "\n3,9\n")),
    "F-131": lambda file: with_trace(file, "t.csv").write_text(""),
    "F-133": lambda file: with_trace(file, "t.csv").open("wb").truncate(1 << 30),
    "F-135": lambda file: with_trace(file, "t.csv").write_bytes(pickle.dumps([1, 2])),
    "F-137": lambda file: with_trace(file, "t.xlsx").write_text(ROWS),
    "F-143": lambda file: file.write_text(VALID + f"name: {'x' * 200_000}\n"),
}
OURS = [  # their placeholder keys and ours, in the order in which they are replaced
    (r"fleets:\n  - name: (.*)\n((?:    .*\n)+)", lambda found: f"policies:\n  p:\n    {found[1]}:\n{re.sub('^', '  ', found[2], flags=re.M).rstrip(' ')}"),
    (r"fleets: \[\]", "policies: {p: {}}"),
    (r'"fleets":\[\{"name":"web",(.*?)\}\]', r'"policies":{"p":{"web":{\1}}}'),
    (r" +time_to_failure: (.*)\n", r"failures:\n  - kind: crash\n    time_to_failure: \1\n"),
    (r"\bdist:", "law:"),
    (r"hyperexp2, (.*)scv:", r"hyperexponential, \1cv:"),
    (r"alpha: (.*), min:", r"shape: \1, scale:"),
    (r"repair: \{crew: 2, ", "repair: {"),
    (r"rolling_update: \{", "rollout: {kind: rolling, "),
    (r"autoscaler: \{(.*)target: 0.6", r"autoscaler: {kind: target_utilisation, \1target: 60%"),
    (r"depends_on: \[web\]", "needs: {web: {}}"),
    (r"(?m)^trace: (.*)$", r"traffic: [{kind: trace, file: \1}]"),
]
NAMES = {
    "fleets[0].name": "policies.p.",
    "fleets[0].time_to_failure": "failures[0].time_to_failure",
    "fleets": "policies",
    "trace": "traffic[0].file",
    "did you mean seed": "did you mean 'seed'",
}


def ours(text: str) -> str:
    """Their file, in our words."""
    for theirs, mine in OURS:
        text = re.sub(theirs, mine, text)
    return text


def lay(case: dict, folder: Path) -> Path:
    """The case as a file."""
    file = folder / ("nope.yaml" if case["id"] == "F-029" else "case.yaml")
    if case["how"] == "text":
        file.write_text(ours(case["input"]), encoding="utf-8", newline="")
    else:
        RECIPES[case["id"]](file)
    return file


@pytest.mark.skipif(not CASES, reason=f"no {FAULTS}")
@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in LEFT_OUT], ids=lambda case: f"{case['id']} {case['title']}")
def test_a_wrong_file_is_refused_by_its_class_and_names_the_culprit(case, tmp_path):
    file = lay(case, tmp_path)
    classes = case["expect"]["error"].split("|")
    try:
        load(file)
        lines, kinds = [], {"accepted"}
    except ScenarioError as error:
        lines, kinds = error.lines(), {problem.kind for problem in error.problems}
    assert len(kinds) == 1 and kinds <= set(classes)
    if lines:
        said = "\n".join(lines).lower()
        assert all(NAMES.get(name, name).lower() in said for name in case["expect"].get("names", []))
        assert all("\n" not in line and len(line) < 600 and (line.startswith(str(file)) or line.startswith("and ")) for line in lines)


@pytest.mark.skipif(not CASES, reason=f"no {FAULTS}")
def test_every_case_is_run_or_left_out_for_a_reason():
    known = {case["id"] for case in CASES}
    assert set(LEFT_OUT) <= known
    assert {case["id"] for case in CASES if case["how"] not in ("text", "procedure") and case["id"] not in LEFT_OUT} == set(RECIPES)


@pytest.mark.skipif(not CASES, reason=f"no {FAULTS}")
def test_no_placeholder_is_left_where_a_case_is_translated():
    """Else a word of theirs would be refused, and not the fault; F-005 and F-007 are broken before they mean anything, F-095 may be unknown."""
    run = {case["id"]: ours(case["input"]) for case in CASES if case["how"] == "text" and case["id"] not in LEFT_OUT}
    assert [name for name, text in run.items() if re.search(r"fleets|dist:|depends_on|rolling_update|retries", text)] == ["F-005", "F-007", "F-095"]
