"""What a process reports about itself: numbers, health, logs."""
