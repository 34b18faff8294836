"""Boards: ranking runs, reading standings, and their history in SQL."""
