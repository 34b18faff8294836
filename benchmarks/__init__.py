"""Measurements: `python -m benchmarks.<name>`. A missed target is printed, never hidden."""
