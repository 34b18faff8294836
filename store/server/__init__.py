"""The data folder's private Redis."""
