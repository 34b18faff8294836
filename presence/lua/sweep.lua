-- Ends the leases that are past their deadline. A player whose last lease ends goes offline.
-- Prepended to the other scripts of this folder, after players.lua, which share its KEYS and its functions.
-- KEYS: 1 leases, 2 states, 3 players, 4 since, 5 invisible, 6 audience
-- ARGV: 1 now (ms; empty: the server's clock), 2 how to publish marks ('': the caller does),
--       3 what to mark
-- Cost: O(log N) per ended lease, at most 1,000 of them
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local changed = false

local function finish()
  if changed and ARGV[2] ~= '' then publish(ARGV[2], ARGV[3]) end
  return changed and 1 or 0
end

-- No lease lasts longer than this (online.LEASE_MS): a later end was set before the clock went back.
local latest = now + 45000
local after = '(' .. string.format('%.0f', latest)
for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], after, '+inf', 'LIMIT', 0, 1000)) do
  redis.call('ZADD', KEYS[1], latest, lease)
end
for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)) do
  local player, state = string.match(lease, '^%d+'), redis.call('HGET', KEYS[2], lease) or ''
  local p = load(player)
  local before = shown(p)
  redis.call('ZREM', KEYS[1], lease)
  if state ~= '' then redis.call('HDEL', KEYS[2], lease) end
  p[1] = p[1] - 1
  count(p, state, -1)
  if p[1] > 0 then
    keep(player, p)
    changed = changed or shown(p) ~= before
  else
    redis.call('HDEL', KEYS[3], player)
    local seen = redis.call('ZREM', KEYS[4], player) == 1 or redis.call('HEXISTS', KEYS[6], player) == 1
    changed = changed or seen
  end
end
