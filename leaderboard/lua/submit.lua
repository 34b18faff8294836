-- Ranks finished runs on every period of their board, each once, and says what each changed. Runs after place.lua.
-- KEYS: 1 stream of runs, 2 cards, 3 count of accepted runs on this day, 4 hidden players, 5 open periods,
--       6… standings, one per period, then one report per run
-- ARGV: 1 now (ms; empty: the server's clock), 2 marks channel, 3 what to mark, 4 report TTL (ms),
--       5 'desc' or 'asc', 6 'best', 'total' or 'latest', 7 '1' for full reports, '0' for brief ones,
--       8 start of the day (ms), 9 its end, 10 number of periods,
--       11… four per period: kind, id, start (ms), end (ms; 0: none),
--       then six per run: run id, player id, points, card JSON, record JSON, started at (ms)
-- Returns: {"clock", now} when a period does not hold this moment (nothing is changed; call again with the
--          periods of `now`), else {"done", status, report JSON, status, …} where status is ok, repeated,
--          hidden (the player is) or range (a total would not fit)
-- Cost: O(log N) per run and period
local answers, accepted = {'done'}, 0
local function answer(status, text)
  answers[#answers + 1], answers[#answers + 2] = status, text
end
for i = 1, #KEYS - 5 - count do
  local report_key, at = KEYS[5 + count + i], 11 + 4 * count + 6 * (i - 1)
  local run, player, points, card = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
  local first = redis.call('GET', report_key)
  if first then
    answer('repeated', first)
  elseif redis.call('SISMEMBER', KEYS[4], player) == 1 then
    answer('hidden', '')
  elseif not fits(player, points) then
    answer('range', '')
  else
    -- Only a first card: the player's name may have changed since their socket learnt it.
    redis.call('HSETNX', KEYS[2], player, card)
    local report = {run = run, points = ARGV[at + 2], at_ms = stamp, periods = {}}
    for p, period in ipairs(periods) do report.periods[p] = rank_on(period, player, points) end
    local widest = report.periods[count]
    redis.call('XADD', KEYS[1], '*', 'run', run, 'player', player, 'points', ARGV[at + 2], 'at_ms', stamp,
      'started_ms', ARGV[at + 5], 'record', ARGV[at + 4], 'card', card, 'rank', widest.rank or '',
      'rank_before', widest.rank_before or '', 'score_before', widest.score_before or '')
    local text = cjson.encode(report)
    redis.call('SET', report_key, text, 'PX', ARGV[4])
    accepted = accepted + 1
    answer('ok', text)
  end
end
if accepted > 0 then
  if redis.call('INCRBY', KEYS[3], accepted) == accepted then redis.call('PEXPIRE', KEYS[3], 5184000000) end
  redis.call('PUBLISH', ARGV[2], ARGV[3])
end
return answers
