"""What a runner does: rooms in its hands are stepped, logged and shown."""
