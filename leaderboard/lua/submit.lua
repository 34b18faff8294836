-- Ranks finished runs on every period of their board, each once, and says what each changed. Runs after periods.lua and place.lua.
-- KEYS: 1 stream of runs, 2 cards, 3 count of accepted runs on this day, 4 hidden players, 5 open periods, 6 marked just now,
--       7… standings, one per period, then one report per run
-- ARGV: 1 now (ms; empty: the server's clock), 2 marks channel, 3 what to mark, 4 report TTL (ms),
--       5 'desc' or 'asc', 6 'best', 'total' or 'latest', 7 '1' for full reports, '0' for brief ones,
--       8 start of the day (ms), 9 its end, 10 number of periods,
--       11… four per period: kind, id, start (ms), end (ms; 0: none),
--       then six per run: run id, player id, points, card JSON, record JSON, started at (ms)
-- Returns: {"clock", now} when a period does not hold this moment (nothing is changed; call again with the
--          periods of `now`), else {"done", status, report JSON, its cards JSON, status, …} where status is ok,
--          repeated, hidden (the player is) or range (a total would not fit)
-- Cost: O(log N) per run and period
local answers, accepted = {'done'}, 0
-- Names are read anew each time: what is kept of a report has none.
local function answer(status, text, ids)
  answers[#answers + 1], answers[#answers + 2], answers[#answers + 3] = status, text, ids and cards_of(ids) or '{}'
end
for i = 1, #KEYS - 6 - count do
  local report_key, at = KEYS[6 + count + i], 11 + 4 * count + 6 * (i - 1)
  local run, player, points, card = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
  local first = call('GET', report_key)
  if first then
    answer('repeated', first, ids_in(first))
  elseif call('SISMEMBER', KEYS[4], player) == 1 then
    answer('hidden', '')
  elseif not fits(player, points) then
    answer('range', '')
  else
    -- Only a first card: the player's name may have changed since their socket learnt it.
    call('HSETNX', KEYS[2], player, card)
    local report, changes, ids = {run = run, points = ARGV[at + 2], at_ms = stamp}, {}, {}
    for p, period in ipairs(periods) do changes[p] = rank_on(period, player, points, ids) end
    if ARGV[7] == '1' then report.periods = changes end
    local fields = {'run', run, 'player', player, 'points', ARGV[at + 2], 'at_ms', stamp,
                    'started_ms', ARGV[at + 5], 'record', ARGV[at + 4]}
    if report.periods then
      -- What the feed asks of the widest period.
      local widest = changes[count]
      for _, part in ipairs({'card', card, 'rank', widest.rank, 'rank_before', widest.rank_before or '',
                             'score_before', widest.score_before or '',
                             'day_rank', changes[1].kind == 'day' and changes[1].rank or ''}) do fields[#fields + 1] = part end
    end
    call('XADD', KEYS[1], '*', unpack(fields))
    local text = cjson.encode(report)
    call('SET', report_key, text, 'PX', ARGV[4])
    accepted = accepted + 1
    answer('ok', text, report.periods and ids)
  end
end
if accepted > 0 then
  if call('INCRBY', KEYS[3], accepted) == accepted then call('PEXPIRE', KEYS[3], 5184000000) end
  -- Who hears a mark reads again a little later, which is when what came right after it is seen, too.
  if call('PTTL', KEYS[6]) > 50 then call('DEL', KEYS[6]) end -- Set before the clock went back.
  if call('SET', KEYS[6], 1, 'NX', 'PX', 50) then call('PUBLISH', ARGV[2], ARGV[3]) end
end
return answers
