-- Makes a room, unless there is one of this id.
-- KEYS: 1 room
-- ARGV: 1 TTL (ms), 2… its fields and their values
-- Returns: 1 made, 0 it was there
-- Cost: O(fields)
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
