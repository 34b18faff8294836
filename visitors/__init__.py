"""Unique visitors, active days and retention."""
