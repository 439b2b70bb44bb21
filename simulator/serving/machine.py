"""Machine code: the kernels, compiled once by a machine and kept, so that a run has them in milliseconds and without numba.

What is kept is an object file as the linker knows it, found by the sources it is of, the compiler and the processor. It lies in the folder of
the environment's NUMBA_CACHE_DIR or, where there is none, in `__pycache__` beside the sources or the user's folder for caches, whichever can be
written first; where none can, every process compiles.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import llvmlite.binding as llvm

HERE = Path(__file__).parent
SOURCES = (*sorted((HERE / "kernel").glob("*.py")), HERE / "client.py", HERE.parent / "draws.py")
LIBRARY = ("exp", "pow")  # what the kernels want of the mathematical library
Act = Callable[[Any, Any, int, int, int, float, float], int]  # a place for the result, one for an exception, then what `act` is given; returns 0


@lru_cache(maxsize=1)
def machine_code() -> Act:
    """The function `kernel.act.act` of this process."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    made = _kept() or _compiled()
    name, _, code = made.partition(b"\n")
    library = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
    for function in LIBRARY:
        llvm.add_symbol(function, ctypes.cast(getattr(library, function), ctypes.c_void_p).value)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    whole, number, result, nothing = ctypes.c_int64, ctypes.c_double, ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_void_p)
    act: Any = ctypes.CFUNCTYPE(ctypes.c_int32, result, nothing, whole, whole, whole, number, number)(engine.get_function_address(name.decode()))
    act.engine = engine  # which owns the code
    return act  # type: ignore[no-any-return]


def _target() -> Any:
    """This processor, with all it can do."""
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )


def _name() -> str:
    """What machine code is found by."""
    settings = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("NUMBA_") and name != "NUMBA_CACHE_DIR")
    about = [*settings, llvm.get_default_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), str(llvm.llvm_version_info)]
    return f"kernel-{sha256(b''.join([*map(str.encode, about), *(file.read_bytes() for file in SOURCES)])).hexdigest()[:32]}.o"


def _folders() -> Iterator[Path]:
    """Where machine code may be, the likeliest first."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(os.environ["NUMBA_CACHE_DIR"])
        return
    yield HERE / "__pycache__"
    with suppress(RuntimeError):  # who runs this has no home
        yield Path(os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fleetsim"


def _kept() -> bytes:
    """The name of the function and its code, where somebody has compiled it before; a file that was cut short is none."""
    for folder in _folders():
        try:
            whole = (folder / _name()).read_bytes()
        except OSError:
            continue
        if sha256(whole[32:]).digest() == whole[:32]:
            return whole[32:]
    return b""


def _compiled() -> bytes:
    """The same, compiled now, and kept where that is possible."""
    from simulator.serving.kernel.act import assembly

    name, text = assembly()
    made: bytes = name.encode() + b"\n" + _target().emit_object(llvm.parse_assembly(text))
    for folder in _folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
                file.write(sha256(made).digest() + made)
        except OSError:
            continue
        try:
            os.chmod(file.name, 0o644)  # others may run what this user has compiled
            os.replace(file.name, folder / _name())
            break
        except OSError:
            os.unlink(file.name)
    return made
