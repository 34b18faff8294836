"""Feature flags and experiments: who sees what, stored as one bit per player."""
