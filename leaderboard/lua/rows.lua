-- Reads a range of a board with its players' cards.
-- KEYS: 1 standings, 2 cards
-- ARGV: 1 first place (from 0), 2 last place, inclusive
-- Returns: {number of players, {player id, score, card JSON, player id, …}}
-- Cost: O(log N + M)
local size = redis.call('ZCARD', KEYS[1])
local range = redis.call('ZREVRANGE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES')
local flat = {}
for i = 1, #range, 2 do
  flat[#flat + 1] = range[i]
  flat[#flat + 1] = range[i + 1]
  flat[#flat + 1] = redis.call('HGET', KEYS[2], range[i]) or ''
end
return {size, flat}
