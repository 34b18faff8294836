-- Shortens a closed connection's lease to a grace period, so that nobody notices a page reload. Runs after tabs.lua.
-- KEYS: 1 leases of the bucket, 2 due, 3 here, 4 newest, 5 cards, 6 hidden, 7 counts, 8 codes
-- ARGV: 1 now, 2 how to publish marks, 3 bucket, 4 player id, 5 connection id, 6 grace (ms)
-- Returns: 1 when what others see has changed, else 0
-- Cost: O(tabs in the bucket)
sweep()
for _, tab in ipairs(tabs(place_of(ARGV[4]))) do
  if string.sub(tab, 3) == ARGV[5] then
    redis.call('ZADD', KEYS[1], 'XX', 'LT', now + ARGV[6], tab)
    redis.call('ZADD', KEYS[2], 'LT', now + ARGV[6], bucket)
  end
end
return finish()
