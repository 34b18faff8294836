"""Sessions in Redis, and the devices they belong to."""
