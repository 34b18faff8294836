-- Reads the names of the players in a report. Prepended to submit.lua, after place.lua.
-- KEYS: 2 cards
-- ARGV: none of its own
-- Returns: nothing; `cards_of` and `stored` are set
-- Cost: O(players in the report)
-- The players whose ids are the keys of `ids`, and their cards in the same order (false: none).
local function cards_of(ids)
  local players = {}
  for id in pairs(ids) do players[#players + 1] = id end
  return players, players[1] and call('HMGET', KEYS[2], unpack(players)) or {}
end

-- A stored report and the ids of its players. The rows of reports stored before December 2026 are {id, score} pairs.
local function stored(text)
  local report, ids = cjson.decode(text), {}
  for _, change in ipairs(report.periods or {}) do
    local rows = {}
    for _, row in ipairs(change.rows) do
      for _, part in ipairs(type(row) == 'table' and row or {row}) do rows[#rows + 1] = part end
    end
    for i = 1, #rows, 2 do ids[rows[i]] = true end
    change.rows = rows
  end
  return cjson.encode(report), ids
end
