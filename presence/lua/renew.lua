-- Takes or renews a connection's lease; the first lease of a player brings them online. Runs after sweep.lua.
-- KEYS: 1 leases, 2 since, 3 tabs, 4 cards
-- ARGV: 1 now (see sweep.lua), 2 player id, 3 connection id, 4 lease (ms), 5 card JSON,
--       6 marks channel, 7 what to mark
-- Returns: 1 when somebody arrived or left, else 0
-- Cost: O(log N)
local lease = ARGV[2] .. ':' .. ARGV[3]
if redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), lease) == 1
   and redis.call('HINCRBY', KEYS[3], ARGV[2], 1) == 1 then
  redis.call('ZADD', KEYS[2], now, ARGV[2])
  changed = true
end
redis.call('HSETNX', KEYS[4], ARGV[2], ARGV[5])
if changed then redis.call('PUBLISH', ARGV[6], ARGV[7]) end
return changed and 1 or 0
