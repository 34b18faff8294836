"""What a process says of itself: numbers, health, logs."""
