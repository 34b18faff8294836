-- Takes or renews a connection's lease; the first lease of a player brings them online. Runs after sweep.lua.
-- KEYS: 1 leases, 2 states, 3 players, 4 since, 5 invisible, 6 audience
-- ARGV: 1 now (see sweep.lua), 2 marks channel, 3 what to mark, 4 JSON (online.Renewal): player, connection, lease_ms,
--       state of the tab ('' online, 'away', or what they play), card (JSON text), seen (whether others may see the
--       player; null: unchanged), audience (who may see a player whom others may not, as a JSON text)
-- Returns: 1 when what others see has changed, else 0
-- Cost: O(log N)
local tab = cjson.decode(ARGV[4])
local player, state = tab.player, tab.state
local lease = player .. ':' .. tab.connection
local p = load(player)
local before, dirty = shown(p), false
if redis.call('ZADD', KEYS[1], now + tab.lease_ms, lease) == 1 then
  p[1] = p[1] + 1
  count(p, state, 1)
  if state ~= '' then redis.call('HSET', KEYS[2], lease, state) end
  dirty = true
else
  local old = redis.call('HGET', KEYS[2], lease) or ''
  if old ~= state then
    count(p, old, -1)
    count(p, state, 1)
    if state == '' then redis.call('HDEL', KEYS[2], lease) else redis.call('HSET', KEYS[2], lease, state) end
    dirty = true
  end
end
if p[5] == '' then p[5], dirty = tab.card, true end
if dirty then keep(player, p) end
if tab.seen == false then
  redis.call('SADD', KEYS[5], player)
  -- A stored audience is newer than what this connection read when it opened.
  if tab.audience == '[]' then redis.call('HDEL', KEYS[6], player) else redis.call('HSETNX', KEYS[6], player, tab.audience) end
elseif tab.seen == true then
  redis.call('SREM', KEYS[5], player)
end
if redis.call('SISMEMBER', KEYS[5], player) == 1 then
  local seen = dirty and redis.call('HEXISTS', KEYS[6], player) == 1
  changed = redis.call('ZREM', KEYS[4], player) == 1 or seen or changed
else
  changed = redis.call('ZADD', KEYS[4], 'NX', now, player) == 1 or shown(p) ~= before or changed
end
return finish()
