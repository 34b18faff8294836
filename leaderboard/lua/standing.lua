-- Reads one player's place on a board.
-- KEYS: 1 standings
-- ARGV: 1 'desc' or 'asc', 2 player id
-- Returns: {number of players, rank from 1 or 0 when absent, score or '', score of the next place up or ''}
-- Cost: O(log N)
local lower = ARGV[1] == 'asc'
local size = redis.call('ZCARD', KEYS[1])
local rank = redis.call(lower and 'ZRANK' or 'ZREVRANK', KEYS[1], ARGV[2])
if not rank then return {size, 0, '', ''} end
local range = lower and 'ZRANGE' or 'ZREVRANGE'
local above = rank > 0 and redis.call(range, KEYS[1], rank - 1, rank - 1, 'WITHSCORES') or {}
return {size, rank + 1, redis.call('ZSCORE', KEYS[1], ARGV[2]), above[2] or ''}
