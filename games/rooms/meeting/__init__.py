"""How people come together: looking for an opponent, a rematch."""
