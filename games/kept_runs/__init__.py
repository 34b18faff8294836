"""Runs that are kept: their records, watched again, passed on."""
