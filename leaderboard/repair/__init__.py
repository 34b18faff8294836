"""Recomputes standings from SQL and the stream."""
