-- Reads which of the given players are online and visible to the asking player. Runs after sweep.lua.
-- KEYS: 1 leases, 2 states, 3 players, 4 since, 5 invisible, 6 audience
-- ARGV: 1 now (see sweep.lua), 2 marks channel, 3 what to mark, 4 who asks, 5 how many at most, 6… player ids
-- Returns: {player id, since (ms; 0: not known), state, card JSON, player id, …}, in the order asked
-- Cost: O(M), O(log N) for each online player, and O(audience) for each one whom only an audience may see
finish()

local function in_audience(player)
  for _, id in ipairs(cjson.decode(redis.call('HGET', KEYS[6], player) or '[]')) do
    if string.format('%.0f', id) == ARGV[4] then return true end
  end
  return false
end

local flat, most = {}, 4 * tonumber(ARGV[5])
-- Lua's stack holds a few thousand arguments, so the ids are read 1,000 at a time.
for first = 6, #ARGV, 1000 do
  local last = math.min(first + 999, #ARGV)
  local here = redis.call('HMGET', KEYS[3], unpack(ARGV, first, last))
  local hidden = redis.call('SMISMEMBER', KEYS[5], unpack(ARGV, first, last))
  for i = 1, last - first + 1 do
    local player = ARGV[first + i - 1]
    if here[i] and #flat < most and (hidden[i] == 0 or in_audience(player)) then
      local p, at = cmsgpack.unpack(here[i]), #flat
      flat[at + 1], flat[at + 2] = player, redis.call('ZSCORE', KEYS[4], player) or '0'
      flat[at + 3], flat[at + 4] = shown(p), p[5]
    end
  end
end
return flat
