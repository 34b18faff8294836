"""Copies of Redis and SQL in one archive, and putting them back."""
