"""What players achieve: the rules, and who has earned what."""
