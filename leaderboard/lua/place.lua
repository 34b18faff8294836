-- Reads a board's periods and places a result on one of them. Prepended to submit.lua, which shares its arguments.
-- KEYS: 2 cards, 5 open periods, 6… standings, one per period
-- ARGV: 1 now (ms; empty: the server's clock), 5 'desc' or 'asc', 6 'best', 'total' or 'latest',
--       7 '1' for full reports, 8 start of the day (ms), 9 its end, 10 number of periods,
--       11… four per period: kind, id, start (ms), end (ms; 0: none)
-- Returns: {"clock", now} when a period does not hold this moment, else nothing
-- Cost: O(log N) per result and period
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local stamp = string.format('%.0f', now)
if now < tonumber(ARGV[8]) or now >= tonumber(ARGV[9]) then return {'clock', stamp} end
local periods, count = {}, tonumber(ARGV[10])
for i = 1, count do
  local at = 7 + 4 * i
  local period = {key = KEYS[5 + i], kind = ARGV[at], id = ARGV[at + 1], ends = tonumber(ARGV[at + 3])}
  if now < tonumber(ARGV[at + 2]) or (period.ends > 0 and now >= period.ends) then return {'clock', stamp} end
  periods[i] = period
end

local lower = ARGV[5] == 'asc'
local RANK, RANGE = lower and 'ZRANK' or 'ZREVRANK', lower and 'ZRANGE' or 'ZREVRANGE'
local flag = ARGV[6] == 'best' and (lower and 'LT' or 'GT') or nil
local since = math.floor(now / 1000) - 1704067200
local fraction = (lower and since or 1073741824 - since) / 1073741824

local function rank_of(key, player)
  local rank = redis.call(RANK, key, player)
  return rank and rank + 1 or nil
end

local function rows_around(key, rank)
  local near = redis.call(RANGE, key, math.max(0, rank - 3), rank + 1, 'WITHSCORES')
  local rows = {}
  for i = 1, #near, 2 do
    rows[#rows + 1] = {near[i], near[i + 1], redis.call('HGET', KEYS[2], near[i]) or ''}
  end
  return rows
end

-- Ranks one run on one period and returns what that changed.
local function rank_on(period, player, points)
  local full, change = ARGV[7] == '1', {kind = period.kind}
  local before = (full or ARGV[6] == 'total') and redis.call('ZSCORE', period.key, player) or nil
  if full then change.score_before, change.rank_before = before, rank_of(period.key, player) end
  local sum = ARGV[6] == 'total' and before and points + math.floor(tonumber(before)) or points
  local score = string.format('%.17g', sum + fraction)
  local added = flag and redis.call('ZADD', period.key, flag, score, player)
    or redis.call('ZADD', period.key, score, player)
  -- The first entry of a period makes it one that must be closed when it ends.
  if added == 1 and period.ends > 0 and redis.call('ZCARD', period.key) == 1 then
    redis.call('ZADD', KEYS[5], period.ends, period.id)
  end
  if full then
    change.rank, change.size = rank_of(period.key, player), redis.call('ZCARD', period.key)
    change.first, change.rows = math.max(1, change.rank - 2), rows_around(period.key, change.rank)
  end
  return change
end

local function fits(player, points)
  if ARGV[6] ~= 'total' then return true end
  for _, period in ipairs(periods) do
    local before = redis.call('ZSCORE', period.key, player)
    if before and points + tonumber(before) >= 8796093022208 then return false end
  end
  return true
end
