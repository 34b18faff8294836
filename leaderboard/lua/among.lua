-- Reads the places of some players on a board.
-- KEYS: 1 standings, 2 cards
-- ARGV: 1 'desc' or 'asc', 2… player ids
-- Returns: {number of players, {player id, score, card JSON, rank, player id, …}}, in the order asked, absent ones left out
-- Cost: O(M log N)
local rank_of = ARGV[1] == 'asc' and 'ZRANK' or 'ZREVRANK'
local flat = {}
for i = 2, #ARGV do
  local rank = redis.call(rank_of, KEYS[1], ARGV[i])
  if rank then
    flat[#flat + 1] = ARGV[i]
    flat[#flat + 1] = redis.call('ZSCORE', KEYS[1], ARGV[i])
    flat[#flat + 1] = redis.call('HGET', KEYS[2], ARGV[i]) or ''
    flat[#flat + 1] = rank + 1
  end
end
return {redis.call('ZCARD', KEYS[1]), flat}
