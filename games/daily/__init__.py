"""A puzzle for every day: the same for everybody, one try each, and a board of its own."""
