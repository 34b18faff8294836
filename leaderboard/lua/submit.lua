-- Ranks finished runs on every period of their board, each once, and says what each changed. Runs after cards.lua.
-- KEYS: 1 stream of runs, 2 cards, 3 count of accepted runs on this day, 4 hidden players, 5 open periods,
--       6 marked just now, 7… standings, one per period, then one report per run
-- ARGV: none of its own; of the plan: marks (how to publish), subject (what to mark), report_ttl_ms, full (reports),
--       runs: id, player, points (both as text), card and record (JSON texts), started_ms, until_ms (0: for ever)
-- Returns: {"clock", now} when `now` is outside a period (nothing is done; call again with those of `now`), else {"done",
--          status, report JSON, ids of its players, their cards, …}: ok, repeated, hidden (player), late, range (total)
-- Cost: O(log N) per run and period
local answers, accepted = {'done'}, 0
-- Cards are read for every answer, because a stored report contains no names.
local function answer(status, text, ids)
  for _, part in ipairs({status, text, cards_of(ids or {})}) do answers[#answers + 1] = part end
end
local function rank(run, report_key)
  -- Only the first card is stored: the player's name may have changed since their socket read it.
  call('HSETNX', KEYS[2], run.player, run.card)
  local report, changes, ids = {run = run.id, points = run.points, at_ms = stamp}, {}, {}
  for p, period in ipairs(periods) do changes[p] = rank_on(period, run.player, tonumber(run.points), ids) end
  local fields = {'run', run.id, 'player', run.player, 'points', run.points, 'at_ms', stamp,
                  'started_ms', string.format('%.0f', run.started_ms), 'record', run.record}
  if plan.full then
    report.periods = changes
    -- The feed needs these fields of the longest period.
    local widest, day_rank = changes[#changes], changes[1].kind == 'day' and changes[1].rank or ''
    for _, part in ipairs({'card', run.card, 'rank', widest.rank, 'rank_before', widest.rank_before or '',
                           'score_before', widest.score_before or '', 'day_rank', day_rank}) do fields[#fields + 1] = part end
  end
  call('XADD', KEYS[1], '*', unpack(fields))
  local text = cjson.encode(report)
  call('SET', report_key, text, 'PX', plan.report_ttl_ms)
  accepted = accepted + 1
  answer('ok', text, plan.full and ids)
end
for i, run in ipairs(plan.runs) do
  local report_key = KEYS[6 + #periods + i]
  local first = call('GET', report_key)
  if first and call('PEXPIRE', report_key, plan.report_ttl_ms) then -- A write, for which WAIT waits.
    answer('repeated', first, ids_in(first))
  elseif call('SISMEMBER', KEYS[4], run.player) == 1 then answer('hidden', '')
  elseif run.until_ms > 0 and now >= run.until_ms then answer('late', '')
  elseif not fits(run.player, tonumber(run.points)) then answer('range', '')
  else rank(run, report_key) end
end
if accepted > 0 then
  if call('INCRBY', KEYS[3], accepted) == accepted then call('PEXPIRE', KEYS[3], 5184000000) end
  -- Whoever gets a mark reads again a little later, and then sees the runs that came right after it, too.
  if call('PTTL', KEYS[6]) > 50 then call('DEL', KEYS[6]) end -- Set before the clock went back.
  if call('SET', KEYS[6], 1, 'NX', 'PX', 50) then publish(plan.marks, plan.subject) end
end
return answers
