-- Takes or renews a connection's lease; the first lease of a player brings them online. Runs after see.lua.
-- KEYS: 1 leases of the bucket, 2 due, 3 here, 4 newest, 5 cards, 6 hidden, 7 counts, 8 codes
-- ARGV: 1 now, 2 how to publish marks, 3 bucket, 4 player id, 5 connection id, 6 state of the tab ('' online, 'away', or
--       what they play), 7 card (JSON), 8 who may see the player ('': unchanged; else see see.lua)
-- Returns: 1 when what others see has changed, else 0
-- Cost: O(tabs in the bucket)
sweep()
local player, connection, card = ARGV[4], ARGV[5], ARGV[7]
if ARGV[8] ~= '' then see(player, ARGV[8], card, false) end
local place, code = place_of(player), code_of(ARGV[6])
local lease = string.sub(LETTERS, place, place) .. code .. connection
local is_known = redis.call('ZSCORE', KEYS[1], lease)
if not is_known then
  for _, tab in ipairs(tabs(place)) do
    if string.sub(tab, 3) == connection then redis.call('ZREM', KEYS[1], tab) end
  end
end
redis.call('ZADD', KEYS[1], now + LEASE_MS, lease)
-- One that would last longer was set before the clock went back.
if not is_known or tonumber(is_known) > now + LEASE_MS then redis.call('ZADD', KEYS[2], 'LT', now + LEASE_MS, bucket) end
if not is_known then
  show(place, code >= FIRST_GAME and code or state_of(place), card)
  local audience = redis.call('HGET', KEYS[6], player)
  changed = changed or (audience and audience ~= '[]')
end
return finish()
