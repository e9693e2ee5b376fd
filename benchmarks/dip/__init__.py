"""Deep Image Prior, measured beside the official settings: python -m benchmarks.dip --help."""
