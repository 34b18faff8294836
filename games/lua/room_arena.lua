-- Leads newcomers to another arena of a game, unless somebody has done so already.
-- KEYS: 1 arena
-- ARGV: 1 the room that they were led to ('': none), 2 the new one, 3 TTL (ms)
-- Returns: the room that they are led to now
-- Cost: O(1)
local now = redis.call('GET', KEYS[1])
if now and now ~= ARGV[1] then return now end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return ARGV[2]
