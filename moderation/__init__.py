"""What operators do to boards, runs and players, and the runs that they are asked to look at."""
