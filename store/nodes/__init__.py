"""What stands behind REDIS_URL: one server, the primary that Sentinels name, or the nodes of a cluster.

With `store.client`, the only modules that import redis.
"""
