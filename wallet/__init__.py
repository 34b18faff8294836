"""Coins: the wallet in Redis, its ledger in SQL, and the shop."""
