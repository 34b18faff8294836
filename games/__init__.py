"""Games: what one is, the life of a run, and a folder for each."""
