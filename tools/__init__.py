"""Demo players and bots, and the commands that write docs/protocol.md and docs/keys.md."""
