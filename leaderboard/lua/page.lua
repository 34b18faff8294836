-- Reads the rows of a board after a given score and player id, even if that player has moved or left.
-- KEYS: 1 standings, 2 cards
-- ARGV: 1 'desc' or 'asc', 2 score, 3 player id, 4 how many rows
-- Returns: {number of players, first rank, {player id, score, card JSON, player id, …}}
-- Cost: O(log N + M)
local lower, wanted = ARGV[1] == 'asc', tonumber(ARGV[4])
local flat, offset, first = {}, 0, 1
while #flat < 3 * wanted do
  local chunk
  if lower then
    chunk = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', offset, wanted + 1)
  else
    chunk = redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[2], '-inf', 'WITHSCORES', 'LIMIT', offset, wanted + 1)
  end
  for i = 1, #chunk, 2 do
    -- Equal scores are ordered by id as text. Ids up to the given one were on an earlier page.
    local equal = tonumber(chunk[i + 1]) == tonumber(ARGV[2])
    local shown = equal and (lower and chunk[i] <= ARGV[3] or not lower and chunk[i] >= ARGV[3])
    if not shown and #flat < 3 * wanted then
      if #flat == 0 then first = redis.call(lower and 'ZRANK' or 'ZREVRANK', KEYS[1], chunk[i]) + 1 end
      flat[#flat + 1] = chunk[i]
      flat[#flat + 1] = chunk[i + 1]
      flat[#flat + 1] = redis.call('HGET', KEYS[2], chunk[i]) or ''
    end
  end
  if #chunk < 2 * (wanted + 1) then break end
  offset = offset + wanted + 1
end
return {redis.call('ZCARD', KEYS[1]), first, flat}
