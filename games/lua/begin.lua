-- Makes a run the player's current one, unless another tab was quicker.
-- KEYS: 1 current
-- ARGV: 1 the run id that was current before ('' for none), 2 the new run id, 3 TTL (ms)
-- Returns: the id of the run that is current now
-- Cost: O(1)
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return found end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return ARGV[2]
