-- Reads how many players are online and what they do, and the newest of them. Runs after now.lua.
-- KEYS: 1 due, 2 here, 3 newest, 4 cards, 5 hidden, 6 counts, 7 codes
-- ARGV: 1 now, 2 how many to name, 3 the longest that a lease lasts (ms)
-- Returns: {buckets to sweep first (at most 100), counts: {code, number, …}}, and when any are to be named also
--          codes: {state, code, …}, players, newest first, a string of their codes, and since when with their cards:
--          {`<ms> <JSON>`, or null}
-- Cost: O(log N + M)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)
if #due == 0 and ARGV[2] ~= '0' then
  -- A later end was set before the clock went back.
  local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if last[1] and tonumber(last[2]) > now + ARGV[3] then due[1] = last[1] end
end
local counts = redis.call('HGETALL', KEYS[6])
if ARGV[2] == '0' then return {due, counts} end
local codes, newest = redis.call('HGETALL', KEYS[7]), redis.call('ZREVRANGE', KEYS[3], 0, ARGV[2] - 1)
if #newest == 0 then return {due, counts, codes, newest, '', {}} end
local buckets, places, shown = {}, {}, {}
for i = 1, #newest do
  local place = newest[i] % 64
  buckets[i], places[i] = string.format('%d', (newest[i] - place) / 64), place + 1
end
local rows = redis.call('HMGET', KEYS[2], unpack(buckets))
for i = 1, #rows do shown[i] = string.sub(rows[i], places[i], places[i]) end
return {due, counts, codes, newest, table.concat(shown), redis.call('HMGET', KEYS[4], unpack(newest))}
