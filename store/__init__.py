"""The ground floor: Redis connections, scripts, keys and the building blocks made of them."""
