"""Feature flags and experiments: who sees what, a bit a player."""
