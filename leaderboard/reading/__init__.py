"""Reading standings: pages, rolling windows, and players near each other."""
