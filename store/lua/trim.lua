-- Trims a stream up to what every group has acknowledged; an entry that anyone still needs is never dropped.
-- KEYS: 1 stream
-- ARGV: 1… every group that must have read an entry before it is dropped
-- Returns: how many entries were dropped
-- Cost: O(groups + dropped)
local function less(a, b)
  local a_ms, a_seq = string.match(a, '(%d+)-(%d+)')
  local b_ms, b_seq = string.match(b, '(%d+)-(%d+)')
  if a_ms ~= b_ms then return tonumber(a_ms) < tonumber(b_ms) end
  return tonumber(a_seq) < tonumber(b_seq)
end

if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local seen, groups = {}, redis.call('XINFO', 'GROUPS', KEYS[1])
local oldest
for _, flat in ipairs(groups) do
  local group = {}
  for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
  seen[group.name] = true
  -- Everything below the oldest pending entry is acknowledged; with none pending, everything delivered is.
  local pending = redis.call('XPENDING', KEYS[1], group.name)
  local needs = pending[1] > 0 and pending[2] or group['last-delivered-id']
  if not oldest or less(needs, oldest) then oldest = needs end
end
for _, name in ipairs(ARGV) do
  if not seen[name] then return 0 end
end
if not oldest then return 0 end
-- The last delivered entry itself stays: MINID keeps what is not below it.
return redis.call('XTRIM', KEYS[1], 'MINID', oldest)
