-- Notes that a player is not in this room any more.
-- KEYS: 1 playing
-- ARGV: 1 player, 2 room
-- Returns: 1 noted, 0 they were elsewhere
-- Cost: O(1)
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
