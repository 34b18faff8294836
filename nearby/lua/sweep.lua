-- Removes expired entries. Prepended to the other nearby scripts, which share its KEYS.
-- KEYS: 1 cells, 2 until
-- ARGV: 1 now (ms; empty: the server's clock)
-- Cost: O(log N) per forgotten cell, at most 1,000 of them
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
-- No entry lasts longer than a day (cells.TTL_MS): a later end was set before the clock went back.
local latest = now + 86400000
local after = '(' .. string.format('%.0f', latest)
for _, player in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], after, '+inf', 'LIMIT', 0, 1000)) do
  redis.call('ZADD', KEYS[2], latest, player)
end
local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)
if #over > 0 then
  redis.call('ZREM', KEYS[1], unpack(over))
  redis.call('ZREM', KEYS[2], unpack(over))
end
