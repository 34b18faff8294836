-- Reads how many players are online and the newest of them. Runs after sweep.lua.
-- KEYS: 1 leases, 2 since, 3 tabs, 4 cards
-- ARGV: 1 now (see sweep.lua), 2 how many to name, 3 marks channel, 4 what to mark
-- Returns: {number online, {player id, since (ms), card JSON, player id, …}}, newest first
-- Cost: O(log N + M)
if changed then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
local newest = redis.call('ZREVRANGE', KEYS[2], 0, tonumber(ARGV[2]) - 1, 'WITHSCORES')
local flat = {}
for i = 1, #newest, 2 do
  flat[#flat + 1] = newest[i]
  flat[#flat + 1] = newest[i + 1]
  flat[#flat + 1] = redis.call('HGET', KEYS[4], newest[i]) or ''
end
return {redis.call('ZCARD', KEYS[2]), flat}
