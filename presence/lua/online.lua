-- Reads how many players are online and the newest of them. Runs after sweep.lua.
-- KEYS: 1 leases, 2 states, 3 players, 4 since, 5 invisible, 6 audience
-- ARGV: 1 now (see sweep.lua), 2 marks channel, 3 what to mark, 4 how many to name
-- Returns: {number online, {player id, since (ms), state, card JSON, player id, …}}, newest first
-- Cost: O(log N + M)
finish()
local named = tonumber(ARGV[4])
local newest = named > 0 and redis.call('ZREVRANGE', KEYS[4], 0, named - 1, 'WITHSCORES') or {}
local flat = {}
for i = 1, #newest, 2 do
  local p, at = load(newest[i]), #flat
  flat[at + 1], flat[at + 2], flat[at + 3], flat[at + 4] = newest[i], newest[i + 1], shown(p), p[5]
end
return {redis.call('ZCARD', KEYS[4]), flat}
