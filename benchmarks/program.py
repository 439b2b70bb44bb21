"""Programs: the command as a user types it, and a first simulation in a new Python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

FIRST = "import sys; from simulator import loads, simulate; simulate(loads(sys.stdin.read()))"


def program(*words: str, scenario: str = "") -> Callable[[], None]:
    """The command, in a new process and an empty folder, or one that holds `own.yaml`."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            if scenario:
                Path(folder, "own.yaml").write_text(scenario, encoding="utf-8")
            subprocess.run([sys.executable, "-m", "simulator", *words], cwd=folder, check=True, capture_output=True)

    return run


def first(detail: str, compiled: str | None = None) -> Callable[[], None]:
    """A process that simulates a minute of a small fleet, and ends; `compiled` is where kernels are kept, an empty folder if none is named."""
    scenario = f"{{horizon: 1m, traffic: [{{kind: steady, rate: 10/s}}], requests: {{detail: {detail}}}, policies: {{p: {{web: {{kind: pets, servers: 2}}}}}}}}"

    def run() -> None:
        with tempfile.TemporaryDirectory() as empty:
            environment = {**os.environ, "NUMBA_CACHE_DIR": compiled or empty}
            subprocess.run([sys.executable, "-c", FIRST], input=scenario, env=environment, check=True, text=True)

    return run
