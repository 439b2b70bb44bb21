"""Refreshing: every notebook of this folder is executed anew, and keeps nothing that differs from one machine to another."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}


def executed(notebook: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs it has now, executed in an empty folder; raises CellExecutionError."""
    found = nbformat.read(notebook, as_version=4)
    # Without folders to look in, the kernel is that of this very Python, whatever else is installed.
    kernel = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    with TemporaryDirectory() as empty:
        NotebookClient(
            found,
            km=kernel,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": empty}},
            timeout=120,  # seconds, for one cell
            record_timing=False,
            coalesce_streams=True,
        ).execute(cleanup_kc=True)
    found.metadata = nbformat.from_dict(METADATA)
    return found


def refresh(folder: Path) -> None:
    """Execute every notebook of a folder in place."""
    for notebook in sorted(folder.glob("*.ipynb")):
        notebook.write_text(nbformat.writes(executed(notebook)) + "\n", encoding="utf-8", newline="\n")
        print(notebook.name)


if __name__ == "__main__":
    refresh(Path(__file__).parent)
