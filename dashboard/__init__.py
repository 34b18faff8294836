"""The operators' floor: the live dashboard and health."""
