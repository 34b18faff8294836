-- Decodes the plan of a submit, and refuses it when `now` is outside its periods. Prepended to submit.lua.
-- KEYS: 7… standings, one per period
-- ARGV: 1 the plan as MessagePack (boards.Plan): now_ms (0: the server's clock), day (start and end, ms), periods (kind, id,
--       start_ms, end_ms, which is 0 for none), and what submit.lua reads
-- Returns: {"clock", now} when `now` is outside a period, else nothing: `plan`, `now`, `stamp`, `periods` are set
-- Cost: O(periods)
local plan = cmsgpack.unpack(ARGV[1])
local now = plan.now_ms
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local stamp = string.format('%.0f', now)
if now < plan.day[1] or now >= plan.day[2] then return {'clock', stamp} end
local periods = plan.periods
for i, period in ipairs(periods) do
  if now < period.start_ms or (period.end_ms > 0 and now >= period.end_ms) then return {'clock', stamp} end
  period.key = KEYS[6 + i]
end
