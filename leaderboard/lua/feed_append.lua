-- Adds a line to the feed, at most once, and trims the feed. Lines of one player must be a pause apart, by when their
-- runs were accepted, unless the new line reports a better place than the last one.
-- KEYS: 1 feed, 2 told: whether this line was handled before, 3 last line of the player (left out: no pause)
-- ARGV: 1 line JSON, 2 how many lines to keep, 3 pause (ms), 4 how long to remember that it was handled (ms),
--       5 when its run was accepted (ms), 6 place that it reports (0: none)
-- Returns: 1 added, 0 it was handled before, or falls into the player's pause
-- Cost: O(1)
if not redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[4]) then return 0 end
if KEYS[3] then
  local at, place = string.match(redis.call('GET', KEYS[3]) or '', '^(%d+):(%d+)$')
  local own = tonumber(ARGV[6])
  local better = own > 0 and (tonumber(place or 0) == 0 or own < tonumber(place))
  if at and not better and math.abs(tonumber(ARGV[5]) - tonumber(at)) < tonumber(ARGV[3]) then return 0 end
  redis.call('SET', KEYS[3], ARGV[5] .. ':' .. ARGV[6], 'PX', ARGV[3])
end
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], '*', 'line', ARGV[1])
return 1
