"""The live layer: one subscription a process, topics with snapshots and diffs, and the sockets' base consumer."""
