"""How many visit, and who comes back."""
