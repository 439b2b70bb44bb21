"""Places: where recordings may lie, and what is a file there."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from contextvars import ContextVar
from pathlib import Path as File
from typing import BinaryIO

from simulator.recorded.refusal import quoted, wrong
from simulator.recorded.table import LARGEST

ARCHIVES = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".xz", ".txz", ".zst", ".lz4", ".7z", ".rar"}

# Where recordings may lie, first of all beside the scenario; None trusts what was read before, and opens nothing.
folders: ContextVar[tuple[File, ...] | None] = ContextVar("folders", default=(File(),))


def locate(file: str, kinds: Collection[str]) -> File:
    """The path of a recording below one of the folders; elsewhere nobody looks whether there is one."""
    allowed = [os.path.realpath(folder) for folder in folders.get() or ()]
    places = " or ".join(allowed)
    if "://" in file:
        raise wrong("PathNotAllowed", f"{quoted(file)} is an address; store the trace in a file beside the scenario")
    try:
        paths = [File(os.path.realpath(os.path.join(folder, file))) for folder in allowed]
    except ValueError:
        raise wrong("PathNotAllowed", f"{quoted(file)} is no path of a file; give the name of a trace") from None
    inside = [path for path in paths if any(path.is_relative_to(folder) for folder in allowed)]
    found = next((path for path in inside if os.path.exists(path)), None)
    if not found and len(inside) < len(paths):
        raise wrong("PathNotAllowed", f"{quoted(file)} leads out of {places}; allow the folder of the trace with `--data FOLDER`")
    suffix = File(file).suffix.lower()
    if suffix in ARCHIVES:
        raise wrong("PathNotAllowed", f"{quoted(file)} is an archive, whose members may lie anywhere; unpack it")
    if suffix not in kinds:
        raise wrong("TraceFormat", f"cannot read {quoted(file)}; a trace is one of {', '.join(kinds)}")
    if not found:
        raise wrong("FileNotFound", f"no trace {quoted(file)} in {places}; name its folder with `--data FOLDER`")
    return found


def opened(path: File, file: str) -> BinaryIO:
    """The open file, if it is one and not too large; what is no file could keep us waiting."""
    try:
        stream = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")
    except OSError as error:
        raise wrong("FileNotRegular", f"{quoted(file)} cannot be read: {error.strerror}") from None
    status = os.fstat(stream.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST:
        return stream
    stream.close()
    if stat.S_ISREG(status.st_mode):
        raise wrong("TraceTooLarge", f"{quoted(file)} has {status.st_size:,} bytes; a trace may have {LARGEST:,}")
    raise wrong("FileNotRegular", f"{quoted(file)} is not a regular file")
