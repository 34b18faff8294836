-- Puts rebuilt standings in the place of the live ones, unless runs arrived since they were built.
-- KEYS: 1 live standings, 2 shadow standings, 3 stream of runs
-- ARGV: 1 id of the last stream entry that the shadow counts in
-- Returns: 1 swapped, 0 there are newer runs: count them in first
-- Cost: O(1), and the memory of the old standings is freed in the background
if #redis.call('XRANGE', KEYS[3], '(' .. ARGV[1], '+', 'COUNT', 1) > 0 then return 0 end
redis.call('UNLINK', KEYS[1])
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('RENAME', KEYS[2], KEYS[1])
  redis.call('PERSIST', KEYS[1])
end
return 1
