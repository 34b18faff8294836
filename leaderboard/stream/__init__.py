"""What reads the boards' streams of accepted runs."""
