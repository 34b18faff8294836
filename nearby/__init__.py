"""Where players are, to within a cell of about 5 km."""
