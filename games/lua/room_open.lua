-- Makes a runner's epoch that of the room, so that nobody with a lower one can write there any more.
-- KEYS: 1 room
-- ARGV: 1 epoch
-- Returns: 1 done, 0 the room has a higher one, or is gone
-- Cost: O(1)
local found = redis.call('HMGET', KEYS[1], 'epoch', 'game')
if not found[2] or tonumber(found[1] or '0') > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
return 1
