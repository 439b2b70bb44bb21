"""Notebooks: each is committed as executed, says the same when it is executed again, and ends with an assertion."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from runpy import run_path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
REFRESH = run_path(str(FOLDER / "refresh.py"))
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
# A folder on this or another machine, or an object where a value was meant.
FOREIGN = re.compile(r"""(?:^|[\s"'(=:])(?:~?/[\w.-]+/|[A-Za-z]:\\\w)|file:| at 0x[0-9a-f]+>""", re.M)

every_notebook = pytest.mark.parametrize("notebook", sorted(FOLDER.glob("*.ipynb")), ids=lambda notebook: notebook.stem)


def code(notebook: Path) -> list[Any]:
    return [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]


def texts(cells: list[Any]) -> list[tuple[str, str]]:
    """What the cells print and show in plain text, by the id of the cell; a picture says only how large it is."""
    outputs = [(cell.id, output) for cell in cells for output in cell.outputs]
    return [(name, output.text if output.output_type == "stream" else output.data.get("text/plain", "")) for name, output in outputs]


@every_notebook
def test_a_notebook_is_committed_as_executed_from_top_to_bottom(notebook):
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []


@every_notebook
def test_a_notebook_says_the_same_when_it_is_executed_again(notebook, tmp_path, monkeypatch):
    """Draws are hashes and numbers are shown to a few digits, so neither the processor nor the release of numpy shows; `make notebooks` after a change."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    again = REFRESH["executed"](notebook)
    assert texts([cell for cell in again.cells if cell.cell_type == "code"]) == texts(code(notebook))


@every_notebook
def test_a_notebook_ends_with_an_assertion(notebook):
    assert any(isinstance(statement, ast.Assert) for statement in ast.parse(code(notebook)[-1].source).body)


@every_notebook
def test_a_notebook_tells_nothing_of_the_machine_it_was_executed_on(notebook):
    found = nbformat.read(notebook, as_version=4)
    assert found.metadata == METADATA
    assert [cell.id for cell in found.cells if cell.metadata] == []
    for cell in found.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("image/png", None)
        said = [cell.source, *(text for output in cell.get("outputs", ()) for text in (output.get("text", ""), *output.get("data", {}).values()))]
        assert [text for text in said if FOREIGN.search(text)] == [], cell.id


@every_notebook
def test_a_notebook_is_small_and_its_cells_have_names_that_stay(notebook):
    assert notebook.stat().st_size < 400_000
    assert [cell.id for cell in nbformat.read(notebook, as_version=4).cells if not re.fullmatch(r"[a-z]+(-[a-z]+)*", cell.id)] == []
