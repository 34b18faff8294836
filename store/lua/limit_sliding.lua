-- Records a call in a log of the last window, unless it would exceed the limit.
-- KEYS: 1 log
-- ARGV: 1 limit, 2 window (ms), 3 cost of the call, 4 now (ms; empty: the server's clock), 5 id of the call
-- Returns: {1 allowed or 0 refused, how much is left, ms until the call would be allowed (0 when allowed)}
-- Cost: O(log limit + cost), and O(limit) memory
local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
-- Calls in the future were recorded before the clock was set back: count them from now on.
for _, call in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
  redis.call('ZADD', KEYS[1], now, call)
end
if redis.call('PTTL', KEYS[1]) > window then redis.call('PEXPIRE', KEYS[1], window) end
local used = redis.call('ZCARD', KEYS[1])
if used + cost > limit then
  -- The call is allowed once this many of the oldest calls have left the window.
  local last = redis.call('ZRANGE', KEYS[1], used + cost - limit - 1, used + cost - limit - 1, 'WITHSCORES')
  return {0, limit - used, math.max(1, tonumber(last[2] or now) + window - now)}
end
for i = 1, cost do redis.call('ZADD', KEYS[1], now, ARGV[5] .. ':' .. i) end
redis.call('PEXPIRE', KEYS[1], window)
return {1, limit - used - cost, 0}
