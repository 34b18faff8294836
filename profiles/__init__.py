"""Players as others see them, and what is theirs: profiles, achievements, merging, export, deletion."""
