-- Ranks one finished run on every period of its board, once, and says what that changed.
-- KEYS: 1 report of this run, 2 stream of runs, 3 cards, 4 count of accepted runs on this day,
--       5… standings, one per period
-- ARGV: 1 run id, 2 player id, 3 points, 4 card JSON, 5 record JSON, 6 started at (ms),
--       7 now (ms; empty: the server's clock), 8 marks channel, 9 what to mark, 10 report TTL (ms),
--       11… four per period: kind, start (ms), end (ms; 0: none), expire at (ms; 0: never)
-- Returns: {"clock", now} when a period does not hold this moment (nothing is changed; call again with
--          the periods of `now`), else {"ok" or "repeated", report JSON}
-- Cost: O(log N) per period
local first = redis.call('GET', KEYS[1])
if first then return {'repeated', first} end

local now = tonumber(ARGV[7])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local periods = {}
for i = 5, #KEYS do
  local at = 11 + (i - 5) * 4
  local period = {key = KEYS[i], kind = ARGV[at], expire = tonumber(ARGV[at + 3])}
  local starts, ends = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  if now < starts or (ends > 0 and now >= ends) then return {'clock', string.format('%.0f', now)} end
  periods[#periods + 1] = period
end

local function rank_of(key)
  local rank = redis.call('ZREVRANK', key, ARGV[2])
  return rank and rank + 1 or nil
end

local span = 1073741824
local points = tonumber(ARGV[3])
local score = string.format('%.17g', points + (span - (math.floor(now / 1000) - 1704067200)) / span)
local stamp = string.format('%.0f', now)
redis.call('HSET', KEYS[3], ARGV[2], ARGV[4])
local report = {run = ARGV[1], points = ARGV[3], at_ms = stamp, periods = {}}
for _, period in ipairs(periods) do
  local change = {kind = period.kind, rank_before = rank_of(period.key),
                  score_before = redis.call('ZSCORE', period.key, ARGV[2]) or nil}
  redis.call('ZADD', period.key, 'GT', score, ARGV[2])
  if period.expire > 0 then redis.call('PEXPIREAT', period.key, period.expire) end
  change.rank = rank_of(period.key)
  change.size = redis.call('ZCARD', period.key)
  local from = math.max(0, change.rank - 3)
  local near = redis.call('ZREVRANGE', period.key, from, change.rank + 1, 'WITHSCORES')
  change.rows = {}
  for i = 1, #near, 2 do
    change.rows[#change.rows + 1] = {near[i], near[i + 1], redis.call('HGET', KEYS[3], near[i]) or ''}
  end
  change.first = from + 1
  report.periods[#report.periods + 1] = change
end

local text = cjson.encode(report)
redis.call('XADD', KEYS[2], '*', 'run', ARGV[1], 'player', ARGV[2], 'points', ARGV[3],
           'started_ms', ARGV[6], 'at_ms', stamp, 'record', ARGV[5])
if redis.call('INCR', KEYS[4]) == 1 then redis.call('PEXPIRE', KEYS[4], 5184000000) end
redis.call('SET', KEYS[1], text, 'PX', ARGV[10])
redis.call('PUBLISH', ARGV[8], ARGV[9])
return {'ok', text}
