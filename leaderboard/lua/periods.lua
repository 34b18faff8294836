-- Reads the periods of a board and refuses those that do not hold this moment. Prepended to submit.lua.
-- KEYS: 7… standings, one per period
-- ARGV: 1 now (ms; empty: the server's clock), 8 start of the day (ms), 9 its end, 10 number of periods,
--       11… four per period: kind, id, start (ms), end (ms; 0: none)
-- Returns: {"clock", now} when a period does not hold this moment, else nothing: `now`, `stamp`, `periods` and `count` are set
-- Cost: O(periods)
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
  local period = {key = KEYS[6 + i], kind = ARGV[at], id = ARGV[at + 1], ends = tonumber(ARGV[at + 3])}
  if now < tonumber(ARGV[at + 2]) or (period.ends > 0 and now >= period.ends) then return {'clock', stamp} end
  periods[i] = period
end
