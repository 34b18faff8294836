-- Reads a range of a board with its players' cards.
-- KEYS: 1 standings, 2 cards
-- ARGV: 1 'desc' or 'asc', 2 first place (from 0), 3 last place, inclusive,
--       4 a player id: read the rows around this player instead ('' for none)
-- Returns: {number of players, first rank, {player id, score, card JSON, player id, …}}
-- Cost: O(log N + M)
local lower = ARGV[1] == 'asc'
local size, from, to = redis.call('ZCARD', KEYS[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
-- No rows are wanted. Redis would read the range 0 to -1 as all rows.
if to < from then return {size, from + 1, {}} end
if ARGV[4] ~= '' then
  local rank = redis.call(lower and 'ZRANK' or 'ZREVRANK', KEYS[1], ARGV[4])
  if not rank then return {size, 1, {}} end
  local wanted = to - from + 1
  from = math.max(0, math.min(rank - math.floor(wanted / 2), size - wanted))
  to = from + wanted - 1
end
local range = redis.call(lower and 'ZRANGE' or 'ZREVRANGE', KEYS[1], from, to, 'WITHSCORES')
local flat = {}
-- Lua's stack holds a few thousand arguments, so the cards are read 1,000 at a time.
for first = 1, #range, 2000 do
  local ids = {}
  for i = first, math.min(first + 1998, #range - 1), 2 do ids[#ids + 1] = range[i] end
  local cards = redis.call('HMGET', KEYS[2], unpack(ids))
  for i, id in ipairs(ids) do
    local at = #flat
    flat[at + 1], flat[at + 2], flat[at + 3] = id, range[first + 2 * i - 1], cards[i] or ''
  end
end
return {size, from + 1, flat}
