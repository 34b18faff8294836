-- Renews the lease of a lock, if the caller still holds it.
-- KEYS: 1 owner
-- ARGV: 1 token of the holder, 2 lease (ms)
-- Returns: 1 renewed, 0 lost
-- Cost: O(1)
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
