"""Reports: from results to one page."""

from simulator.report.decision import decided
from simulator.report.page import render, write

__all__ = ["decided", "render", "write"]
