"""What `bin/play` does."""
