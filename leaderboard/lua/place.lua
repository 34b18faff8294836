-- Places a result on a period of its board. Prepended to submit.lua, after periods.lua.
-- KEYS: 2 cards, 5 open periods
-- ARGV: 5 'desc' or 'asc', 6 'best', 'total' or 'latest', 7 '1' for full reports
-- Returns: nothing; `rank_on` and `fits` are set
-- Cost: O(log N) per result and period
local lower = ARGV[5] == 'asc'
local RANK, RANGE = lower and 'ZRANK' or 'ZREVRANK', lower and 'ZRANGE' or 'ZREVRANGE'
local flag = ARGV[6] == 'best' and (lower and 'LT' or 'GT') or nil
local since = math.floor(now / 1000) - 1704067200
local fraction = (lower and since or 1073741824 - since) / 1073741824

local call = redis.call
local function rank_of(key, player)
  local rank = call(RANK, key, player)
  return rank and rank + 1 or nil
end

-- The rows around a rank as {id, score} pairs; the ids are noted, so that each card is read once.
local function rows_around(key, rank, ids)
  local near, rows = call(RANGE, key, math.max(0, rank - 3), rank + 1, 'WITHSCORES'), {}
  for i = 1, #near, 2 do
    rows[#rows + 1] = {near[i], near[i + 1]}
    ids[near[i]] = true
  end
  return rows
end

-- Ranks one run on one period and returns what that changed.
local function rank_on(period, player, points, ids)
  local full, change = ARGV[7] == '1', {kind = period.kind}
  local before = (full or ARGV[6] == 'total') and call('ZSCORE', period.key, player) or nil
  if full then change.score_before, change.rank_before = before, before and rank_of(period.key, player) or nil end
  local sum = ARGV[6] == 'total' and before and points + math.floor(tonumber(before)) or points
  local score = string.format('%.17g', sum + fraction)
  local added = flag and call('ZADD', period.key, flag, 'CH', score, player)
    or call('ZADD', period.key, 'CH', score, player)
  local size = (full or added == 1 and period.ends > 0) and call('ZCARD', period.key)
  -- The first entry of a period makes it one that must be closed when it ends.
  if added == 1 and period.ends > 0 and size == 1 then call('ZADD', KEYS[5], period.ends, period.id) end
  if full then
    change.size = size
    change.rank = added == 0 and change.rank_before or rank_of(period.key, player)
    change.first, change.rows = math.max(1, change.rank - 2), rows_around(period.key, change.rank, ids)
  end
  return change
end

local function fits(player, points)
  if ARGV[6] ~= 'total' then return true end
  for _, period in ipairs(periods) do
    local before = call('ZSCORE', period.key, player)
    if before and points + tonumber(before) >= 8796093022208 then return false end
  end
  return true
end
