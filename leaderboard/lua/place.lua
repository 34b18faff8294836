-- Places a result on a period of its board. Prepended to submit.lua, after periods.lua and score.lua.
-- KEYS: 2 cards, 5 open periods
-- ARGV: none of its own; of the plan: lower (is better), operator ('best', 'total', 'latest' or 'first'), full (reports)
-- Returns: nothing; `rank_on` and `fits` are set
-- Cost: O(log N) per result and period
local RANK, RANGE = plan.lower and 'ZRANK' or 'ZREVRANK', plan.lower and 'ZRANGE' or 'ZREVRANGE'
local flag = plan.operator == 'best' and (plan.lower and 'LT' or 'GT') or plan.operator == 'first' and 'NX' or nil

local call = redis.call
local function rank_of(key, player)
  local rank = call(RANK, key, player)
  return rank and rank + 1 or nil
end

-- The rows around a rank as {id, score} pairs; their ids are added to `ids`, so that each card is read once.
local function rows_around(key, rank, ids)
  local near, rows = call(RANGE, key, math.max(0, rank - 3), rank + 1, 'WITHSCORES'), {}
  for i = 1, #near, 2 do
    rows[#rows + 1], ids[near[i]] = {near[i], near[i + 1]}, true
  end
  return rows
end

-- Ranks one run on one period and returns what that changed.
local function rank_on(period, player, points, ids)
  local change, ends, full = {kind = period.kind}, period.end_ms, plan.full
  local before = (full or plan.operator == 'total') and call('ZSCORE', period.key, player) or nil
  if full then change.score_before, change.rank_before = before, before and rank_of(period.key, player) or nil end
  local sum = plan.operator == 'total' and before and points + math.floor(tonumber(before)) or points
  local score = score_of(sum, now, plan.lower)
  -- Whether the former result stays. ZADD would see it as well, but costs more than the comparison.
  local stays = flag and before and (flag == 'NX' or (tonumber(score) - tonumber(before)) * (plan.lower and -1 or 1) <= 0)
  local added = stays and 0 or flag and call('ZADD', period.key, flag, 'CH', score, player)
    or call('ZADD', period.key, 'CH', score, player)
  local size = (full or added == 1 and ends > 0) and call('ZCARD', period.key)
  -- The first entry registers a period as open, so that it is closed when it ends.
  if added == 1 and ends > 0 and size == 1 then call('ZADD', KEYS[5], ends, period.id) end
  if not full then return change end
  change.size, change.rank = size, added == 0 and change.rank_before or rank_of(period.key, player)
  change.first, change.rows = math.max(1, change.rank - 2), rows_around(period.key, change.rank, ids)
  return change
end

local function fits(player, points)
  for _, period in ipairs(plan.operator == 'total' and periods or {}) do
    local before = call('ZSCORE', period.key, player)
    if before and points + tonumber(before) >= 8796093022208 then return false end
  end
  return true
end
