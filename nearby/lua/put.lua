-- Puts a player into a cell for a limited time. Runs after sweep.lua.
-- KEYS: 1 cells, 2 until
-- ARGV: 1 now (see sweep.lua), 2 player id, 3 longitude, 4 latitude of the cell's centre, 5 for how long (ms)
-- Returns: when the entry expires (ms)
-- Cost: O(log N)
redis.call('GEOADD', KEYS[1], ARGV[3], ARGV[4], ARGV[2])
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[5]), ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return now + tonumber(ARGV[5])
