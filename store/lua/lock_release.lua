-- Releases a lock, if the caller still holds it.
-- KEYS: 1 owner
-- ARGV: 1 token of the holder
-- Returns: 1 released, 0 no longer held
-- Cost: O(1)
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
