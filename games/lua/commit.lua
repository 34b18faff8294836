-- Moves a run on by one numbered input, if nobody else did so first.
-- KEYS: 1 run, 2 inputs, 3 moments of the inputs
-- ARGV: 1 seq that the run must have now, 2 its new seq, 3 state, 4 points, 5 '1' when over,
--       6 input to log ('' when it changed nothing), 7 TTL (ms), 8 how much of the time of an ended run counts (ms; 0: none)
-- Returns: 1 + the ms that were added to its points, 0 the run has moved on, has ended, or is gone
-- Cost: O(1)
local found = redis.call('HMGET', KEYS[1], 'seq', 'over', 'started_ms')
if found[1] ~= ARGV[1] or found[2] ~= '0' then return 0 end
local time = redis.call('TIME')
local now, took = time[1] * 1000 + math.floor(time[2] / 1000), 0
if ARGV[5] == '1' and ARGV[8] ~= '0' then took = math.max(1, math.min(now - tonumber(found[3]), tonumber(ARGV[8]))) end
local points = string.format('%.0f', tonumber(ARGV[4]) + took)
redis.call('HSET', KEYS[1], 'seq', ARGV[2], 'state', ARGV[3], 'points', points, 'over', ARGV[5])
if ARGV[6] ~= '' then
  redis.call('RPUSH', KEYS[2], ARGV[6])
  redis.call('RPUSH', KEYS[3], string.format('%.0f', now))
end
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('PEXPIRE', KEYS[3], ARGV[7])
return 1 + took
