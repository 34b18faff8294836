-- The tabs of a player, and the end of leases that are past their deadline: a player whose last one ends goes offline.
-- Prepended after show.lua.
-- KEYS: 1 leases of the bucket
-- ARGV: none of its own
-- Returns: nothing; `tabs`, `state_of` and `sweep` are set
-- Cost: O(tabs in the bucket)
local function tabs(place)
  local found, cursor = {}, '0'
  repeat
    local page = redis.call('ZSCAN', KEYS[1], cursor, 'MATCH', string.sub(LETTERS, place, place) .. '*', 'COUNT', 1000)
    cursor = page[1]
    for i = 1, #page[2], 2 do found[#found + 1] = page[2][i] end
  until cursor == '0'
  return found
end

-- What others see of a player: a game while any tab is in one, away when all are. Their characters have this order.
local function state_of(place)
  local found = OFFLINE
  for _, tab in ipairs(tabs(place)) do
    local code = string.sub(tab, 2, 2)
    if code > found then found = code end
  end
  return found
end

local function sweep()
  local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)
  if #ended == 0 then return end
  local places = {}
  for _, tab in ipairs(ended) do
    redis.call('ZREM', KEYS[1], tab)
    places[string.find(LETTERS, string.sub(tab, 1, 1), 1, true)] = true
  end
  for place in pairs(places) do show(place, state_of(place)) end
end
