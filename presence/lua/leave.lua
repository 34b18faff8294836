-- Shortens a closed connection's lease to a grace period, so that nobody notices a page reload. Runs after sweep.lua.
-- KEYS: 1 leases, 2 states, 3 players, 4 since, 5 invisible, 6 audience
-- ARGV: 1 now (see sweep.lua), 2 marks channel, 3 what to mark, 4 player id, 5 connection id, 6 grace (ms)
-- Returns: 1 when what others see has changed, else 0
-- Cost: O(log N)
redis.call('ZADD', KEYS[1], 'XX', 'LT', now + tonumber(ARGV[6]), ARGV[4] .. ':' .. ARGV[5])
return finish()
