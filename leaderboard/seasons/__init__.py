"""Closing periods, and their archives."""
