-- Reads some players' places on a board.
-- KEYS: 1 standings
-- ARGV: 1 'desc' or 'asc', 2… player ids
-- Returns: {number of players, {rank from 1 or 0 when absent, score or '', score of the next place up or '', rank, …}}
-- Cost: O(M log N)
local lower = ARGV[1] == 'asc'
local rank_of, range = lower and 'ZRANK' or 'ZREVRANK', lower and 'ZRANGE' or 'ZREVRANGE'
local flat = {}
for i = 2, #ARGV do
  local at, rank = #flat, redis.call(rank_of, KEYS[1], ARGV[i])
  -- Two lines: the next place up, then the player's own.
  local lines = rank and redis.call(range, KEYS[1], math.max(0, rank - 1), rank, 'WITHSCORES') or {}
  flat[at + 1] = rank and rank + 1 or 0
  flat[at + 2] = lines[#lines] or ''
  flat[at + 3] = #lines == 4 and lines[2] or ''
end
return {redis.call('ZCARD', KEYS[1]), flat}
