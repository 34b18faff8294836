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
note_due()
return finish()
