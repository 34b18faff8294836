"""What operators did: who, when, what, why, before and after. Only ever added to."""
