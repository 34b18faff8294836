-- Puts the end of a session in use off, at most once in a while, and only while the session exists.
-- KEYS: 1 session
-- ARGV: 1 TTL (ms), 2 how long after the last time (ms), 3 field that holds the last time
-- Returns: when this was (ms), or 0 when it was too soon or the session is no more
-- Cost: O(1)
local seen = redis.call('HGET', KEYS[1], ARGV[3])
if not seen then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = now - tonumber(seen)
if since >= 0 and since < tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[3], string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return now
