-- Adds a line to the feed and keeps its length.
-- KEYS: 1 feed, 2 pause of the line's player (left out: no pause)
-- ARGV: 1 line JSON, 2 how many lines to keep, 3 pause (ms)
-- Returns: 1 added, 0 the player pauses
-- Cost: O(1)
if KEYS[2] and not redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[3]) then return 0 end
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], '*', 'line', ARGV[1])
return 1
