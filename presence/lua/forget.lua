-- Takes a player offline at once, and forgets who may see them. Runs after tabs.lua.
-- KEYS: 1 leases of the bucket, 2 due, 3 here, 4 newest, 5 cards, 6 hidden, 7 counts, 8 codes
-- ARGV: 1 now, 2 how to publish marks, 3 bucket, 4 player id
-- Returns: 1 when what others see has changed, else 0
-- Cost: O(tabs in the bucket)
sweep()
local player, place = ARGV[4], place_of(ARGV[4])
for _, tab in ipairs(tabs(place)) do redis.call('ZREM', KEYS[1], tab) end
show(place, OFFLINE)
redis.call('HDEL', KEYS[6], player)
note_due()
return finish()
