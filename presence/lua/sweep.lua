-- Ends the leases that are past their deadline; a player whose last lease ends is gone.
-- Prepended to the other scripts of this folder, which share its KEYS.
-- KEYS: 1 leases, 2 since, 3 tabs, 4 cards
-- ARGV: 1 now (ms; empty: the server's clock)
-- Cost: O(log N) per ended lease, at most 1,000 of them
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local changed = false
local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)
for _, lease in ipairs(ended) do
  local player = string.match(lease, '^%d+')
  redis.call('ZREM', KEYS[1], lease)
  if redis.call('HINCRBY', KEYS[3], player, -1) <= 0 then
    redis.call('HDEL', KEYS[3], player)
    redis.call('HDEL', KEYS[4], player)
    redis.call('ZREM', KEYS[2], player)
    changed = true
  end
end
