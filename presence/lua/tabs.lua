-- The tabs of a player, and the end of leases that are past their deadline: a player whose last one ends goes offline.
-- Prepended after show.lua.
-- KEYS: 1 leases of the bucket, 2 due, 3 here, 4 newest, 5 cards, 7 counts, 8 codes
-- ARGV: none of its own
-- Returns: nothing; `tabs`, `state_of`, `note_due` and `sweep` are set
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

-- Notes when the bucket is due next; the counters go with the last player.
local function note_due()
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if first[1] then redis.call('ZADD', KEYS[2], first[2], bucket) else redis.call('ZREM', KEYS[2], bucket) end
  if not first[1] and redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('DEL', KEYS[3], KEYS[4], KEYS[5], KEYS[7], KEYS[8])
  end
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
