"""Becoming somebody: signing up and in, passwords, email addresses, the first administrator."""
