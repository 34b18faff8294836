"""Backups of Redis and SQL in one archive, and restoring them."""
