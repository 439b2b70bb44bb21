"""The C loop: the same requests in a C program, compiled on the spot, with the same draws."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import blake2b
from pathlib import Path

from benchmarks.subject import MEAN, Outcome, Subject

SOURCE = Path(__file__).parent / "c" / "requests.c"
FLAGS = ("-O3", "-march=native")


def compiled(folder: str) -> Path | None:
    """The program, made in a folder; none where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        return None
    program = Path(folder, "requests")
    subprocess.run([compiler, *FLAGS, "-o", program, SOURCE, "-lm"], check=True)
    return program


def requests(program: Path, subject: Subject, servers: int, horizon: float, window: float) -> tuple[float, Outcome]:
    """Its own time (seconds), without its start, and what it has simulated."""
    numbers = (servers, subject.rate(servers), MEAN, horizon, window, subject.timeout, subject.attempts, subject.backoff)
    keys = (key("arrivals", "0"), key("service", "0"), key("balancer", "web"), key("backoff", "0"))
    told = subprocess.run([program, subject.name, *map(str, numbers), *map(str, keys)], check=True, capture_output=True, text=True)
    seconds, number, attempts, _, sojourn = told.stdout.split()
    return float(seconds), Outcome(int(number), int(attempts), float(sojourn))


def key(purpose: str, entity: str) -> int:
    """The key of a draw, as in `simulator.draws`, of the first replication under seed 1."""
    return int.from_bytes(blake2b(f"1/0/{purpose}\0{entity}".encode(), digest_size=8).digest(), "little")
