-- Lets an ended run go: it expires this long after the first call, however often it is called again.
-- KEYS: 1 run, 2 inputs, 3 moments of the inputs
-- ARGV: 1 TTL (ms)
-- Returns: 1 the first time, 0 afterwards or when the run is gone
-- Cost: O(1)
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HSETNX', KEYS[1], 'settled', 1) == 0 then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[1])
return 1
