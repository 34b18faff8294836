"""Operator actions on boards, runs and players, and the queue of suspicious runs."""
