"""People playing together: rooms, who owns them, how they are stepped, and what comes of them."""
