-- Leaves or renews a ticket of somebody who looks for an opponent; how long they wait is kept.
-- KEYS: 1 tickets
-- ARGV: 1 player, 2 JSON of the ticket, 3 how long a ticket stands (ms), 4 TTL of all (ms)
-- Returns: since when they look, UTC ms
-- Cost: O(1)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since, seen = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '^(%d+) (%d+) ')
if not since or math.abs(now - tonumber(seen)) > tonumber(ARGV[3]) then since = now end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %.0f %s', since, now, ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return tonumber(since)
