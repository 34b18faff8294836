-- Moves a run on by one numbered input, if nobody else did so first.
-- KEYS: 1 run, 2 inputs, 3 moments of the inputs
-- ARGV: 1 seq that the run must have now, 2 its new seq, 3 state, 4 points, 5 '1' when over,
--       6 input to log ('' when it changed nothing), 7 TTL (ms)
-- Returns: 1 done, 0 the run has moved on, has ended, or is gone
-- Cost: O(1)
local found = redis.call('HMGET', KEYS[1], 'seq', 'over')
if found[1] ~= ARGV[1] or found[2] ~= '0' then return 0 end
redis.call('HSET', KEYS[1], 'seq', ARGV[2], 'state', ARGV[3], 'points', ARGV[4], 'over', ARGV[5])
if ARGV[6] ~= '' then
  local time = redis.call('TIME')
  redis.call('RPUSH', KEYS[2], ARGV[6])
  redis.call('RPUSH', KEYS[3], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
end
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('PEXPIRE', KEYS[3], ARGV[7])
return 1
