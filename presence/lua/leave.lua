-- Shortens a lease to its grace when the connection closed, so that a reload does not flicker. Runs after sweep.lua.
-- KEYS: 1 leases, 2 since, 3 tabs, 4 cards
-- ARGV: 1 now (see sweep.lua), 2 player id, 3 connection id, 4 grace (ms), 5 marks channel, 6 what to mark
-- Returns: 1 when somebody left, else 0
-- Cost: O(log N)
redis.call('ZADD', KEYS[1], 'XX', 'LT', now + tonumber(ARGV[4]), ARGV[2] .. ':' .. ARGV[3])
if changed then redis.call('PUBLISH', ARGV[5], ARGV[6]) end
return changed and 1 or 0
