-- Reads the names of the players in a report. Prepended to submit.lua, after place.lua.
-- KEYS: 2 cards
-- ARGV: none of its own
-- Returns: nothing; `cards_of` and `ids_in` are set
-- Cost: O(players in the report)
-- The players whose ids are the keys of `ids`, and their cards in the same order (false: none).
local function cards_of(ids)
  local players = {}
  for id in pairs(ids) do players[#players + 1] = id end
  return players, players[1] and call('HMGET', KEYS[2], unpack(players)) or {}
end

-- The ids of the players in a stored report.
local function ids_in(report)
  local ids = {}
  for _, change in ipairs(cjson.decode(report).periods or {}) do
    for _, row in ipairs(change.rows) do ids[row[1]] = true end
  end
  return ids
end
