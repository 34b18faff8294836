"""The lowest layer: Redis connections, scripts, keys and the building blocks made of them."""
