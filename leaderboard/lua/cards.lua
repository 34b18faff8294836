-- Reads the names of the players in a report. Prepended to submit.lua, after place.lua.
-- KEYS: 2 cards
-- ARGV: none of its own
-- Returns: nothing; `cards_of` and `ids_in` are set
-- Cost: O(players in the report)
-- The cards of the players whose ids are the keys of `ids`, as JSON.
local function cards_of(ids)
  local names, cards = {}, {}
  for id in pairs(ids) do names[#names + 1] = id end
  for i, card in ipairs(#names > 0 and call('HMGET', KEYS[2], unpack(names)) or {}) do cards[names[i]] = card or nil end
  return cjson.encode(cards)
end

local function ids_in(report)
  local ids = {}
  for _, change in ipairs(cjson.decode(report).periods or {}) do
    for _, row in ipairs(change.rows) do ids[row[1]] = true end
  end
  return ids
end
