"""Reports: from results to one page."""

from simulator.report.page import render, write

__all__ = ["render", "write"]
