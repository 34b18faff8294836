-- Counts a call in the current window, unless it would exceed the limit.
-- KEYS: 1 counter
-- ARGV: 1 limit, 2 window (ms), 3 cost of the call
-- Returns: {1 allowed or 0 refused, how much is left, ms until the window ends}
-- Cost: O(1)
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
-- A TTL longer than the window means that the clock was set back.
if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
local limit, cost = tonumber(ARGV[1]), tonumber(ARGV[3])
if used + cost > limit then return {0, math.max(0, limit - used), redis.call('PTTL', KEYS[1])} end
redis.call('INCRBY', KEYS[1], cost)
if used == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {1, limit - used - cost, redis.call('PTTL', KEYS[1])}
