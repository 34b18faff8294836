"""The readers of the boards' streams of accepted runs."""
