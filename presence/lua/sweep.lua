-- Ends the leases of a bucket that are past their deadline, and notes when it is due next. Runs after tabs.lua.
-- KEYS: 1 leases of the bucket, 2 due, 3 here, 4 newest, 5 cards, 6 hidden, 7 counts, 8 codes
-- ARGV: 1 now, 2 how to publish marks, 3 bucket
-- Returns: 1 when what others see has changed, else 0
-- Cost: O(tabs in the bucket)
-- No lease lasts longer than LEASE_MS: a later end was set before the clock went back.
local latest = now + LEASE_MS
for _, tab in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', latest), '+inf')) do
  redis.call('ZADD', KEYS[1], latest, tab)
end
sweep()
-- Note when the bucket is due next; the counters go with the last player.
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if first[1] then redis.call('ZADD', KEYS[2], first[2], bucket) else redis.call('ZREM', KEYS[2], bucket) end
if not first[1] and redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('DEL', KEYS[3], KEYS[4], KEYS[5], KEYS[7], KEYS[8])
end
return finish()
