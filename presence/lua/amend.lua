-- Changes a player's card and visibility, whether they are online or not. Runs after sweep.lua.
-- KEYS: 1 leases, 2 states, 3 players, 4 since, 5 invisible, 6 audience
-- ARGV: 1 now (see sweep.lua), 2 marks channel, 3 what to mark, 4 player id, 5 card JSON, 6 '1' seen by others, else '0',
--       7 who sees a hidden player, as a JSON list ('[]' for nobody)
-- Returns: 1 when what others see has changed, else 0
-- Cost: O(log N)
local player = ARGV[4]
redis.call(ARGV[6] == '1' and 'SREM' or 'SADD', KEYS[5], player)
if ARGV[7] == '[]' then redis.call('HDEL', KEYS[6], player) else redis.call('HSET', KEYS[6], player, ARGV[7]) end
local p = load(player)
if p[1] > 0 then
  changed = changed or p[5] ~= ARGV[5]
  p[5] = ARGV[5]
  keep(player, p)
  local moved = ARGV[6] == '1' and redis.call('ZADD', KEYS[4], 'NX', now, player) or redis.call('ZREM', KEYS[4], player)
  changed = changed or moved == 1
end
return finish()
