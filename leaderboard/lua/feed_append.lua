-- Adds a line to the feed, once, and keeps its length.
-- KEYS: 1 feed, 2 told: whether this line was told before, 3 pause of the line's player (left out: no pause)
-- ARGV: 1 line JSON, 2 how many lines to keep, 3 pause (ms), 4 how long to remember that it was told (ms)
-- Returns: 1 added, 0 it was told before, or the player pauses
-- Cost: O(1)
if not redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[4]) then return 0 end
if KEYS[3] and not redis.call('SET', KEYS[3], 1, 'NX', 'PX', ARGV[3]) then return 0 end
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], '*', 'line', ARGV[1])
return 1
