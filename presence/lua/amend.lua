-- Changes a player's card and who may see them, whether they are online or not. Runs after see.lua.
-- KEYS: 1 leases of the bucket, 2 due, 3 here, 4 newest, 5 cards, 6 hidden, 7 counts, 8 codes
-- ARGV: 1 now, 2 how to publish marks, 3 bucket, 4 player id, 5 card (JSON), 6 who may see the player (see see.lua)
-- Returns: 1 when what others see has changed, else 0
-- Cost: O(tabs in the bucket)
sweep()
local player, card, place = ARGV[4], ARGV[5], place_of(ARGV[4])
see(player, ARGV[6], card, true)
local known = redis.call('HGET', KEYS[5], player)
local since = known and string.match(known, '^%d+ ')
if known and known ~= since .. card then
  redis.call('HSET', KEYS[5], player, since .. card)
  changed = true
elseif not known and ARGV[6] == 'everybody' and string.sub(row(), place, place) ~= OFFLINE then
  changed = true  -- Those who list the player read the card elsewhere.
end
return finish()
