-- Writes a player's recomputed score to one period, unless a newer run of theirs arrived. Removes a hidden player.
-- KEYS: 1 standings, 2 stream of runs, 3 hidden players, 4 highest fencing number that repaired this board
-- ARGV: 1 player id, 2 score ('' to take them off), 3 id of the last stream entry that the score includes,
--       4 fencing number of the repairer, 5 maximum number of newer entries to check
-- Returns: 1 done, 0 a newer run of the player is in the stream, or the maximum of newer entries is reached: compute
--          it again, -1 a later repairer took over
-- Cost: O(log N + newer entries)
if tonumber(redis.call('GET', KEYS[4]) or '0') > tonumber(ARGV[4]) then return -1 end
redis.call('SET', KEYS[4], ARGV[4])
local newer = redis.call('XRANGE', KEYS[2], '(' .. ARGV[3], '+', 'COUNT', ARGV[5])
if #newer == tonumber(ARGV[5]) then return 0 end
for _, entry in ipairs(newer) do
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'player' and entry[2][i + 1] == ARGV[1] then return 0 end
  end
end
if ARGV[2] == '' or redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
end
return 1
