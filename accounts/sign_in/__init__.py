"""Becoming somebody: signing up and in, passwords, mail addresses, the first administrator."""
