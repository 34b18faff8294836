-- Reads which of some players are online, as far as one player may see them. Runs after sweep.lua.
-- KEYS: 1 leases, 2 states, 3 players, 4 since, 5 invisible, 6 audience
-- ARGV: 1 now (see sweep.lua), 2 marks channel, 3 what to mark, 4 who asks, 5… player ids
-- Returns: {player id, since (ms; 0: not known), state, card JSON, player id, …}, in the order asked
-- Cost: O(M log N), and as much as those have followed who are seen by them only
finish()

local function may_see(player)
  if redis.call('SISMEMBER', KEYS[5], player) == 0 then return true end
  for _, id in ipairs(cjson.decode(redis.call('HGET', KEYS[6], player) or '[]')) do
    if string.format('%.0f', id) == ARGV[4] then return true end
  end
  return false
end

local flat = {}
for i = 5, #ARGV do
  local player, p, at = ARGV[i], load(ARGV[i]), #flat
  if p[1] > 0 and may_see(player) then
    flat[at + 1], flat[at + 2] = player, redis.call('ZSCORE', KEYS[4], player) or '0'
    flat[at + 3], flat[at + 4] = shown(p), p[5]
  end
end
return flat
