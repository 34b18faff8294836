-- Extends the expiry of a session in use, at most once per interval, and only while the session exists.
-- KEYS: 1 session
-- ARGV: 1 TTL (ms), 2 interval (ms), 3 field that holds the time of the last extension
-- Returns: the time of this extension (ms), or 0 when it was too soon or the session is gone
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
