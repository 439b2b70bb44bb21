"""Benchmarks: what it costs, as ratios measured side by side in one run."""
