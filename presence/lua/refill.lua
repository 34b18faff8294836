-- Puts the players of a bucket among the newest, when too few of those are left. Since when they are online is not known
-- any more, so they come last. Runs after tabs.lua.
-- KEYS: 1 leases of the bucket, 2 due, 3 here, 4 newest, 5 cards, 6 hidden, 7 counts, 8 codes
-- ARGV: 1 now, 2 how to publish marks, 3 bucket
-- Returns: 1 when what others see has changed, else 0
-- Cost: O(1)
sweep()
local here = row()
for place = 1, 64 do
  local player = player_at(place)
  if string.sub(here, place, place) ~= OFFLINE and redis.call('HEXISTS', KEYS[6], player) == 0 then
    redis.call('ZADD', KEYS[4], 'NX', 0, player)
  end
end
redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -NEWEST_MAX - 1)
return finish()
