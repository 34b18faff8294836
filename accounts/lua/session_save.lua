-- Writes the changed fields of a session. Updates need an existing session: a late save never restores an ended one.
-- KEYS: 1 session
-- ARGV: 1 '1' to create, '0' to update; 2 TTL (ms; empty: as it is); 3 how many fields to set;
--       4… field, value for each of them, then the fields to drop
-- Returns: 1 written, 0 refused (exists already, or exists no more)
-- Cost: O(fields)
local exists = redis.call('EXISTS', KEYS[1]) == 1
if exists == (ARGV[1] == '1') then return 0 end
local last = 3 + 2 * tonumber(ARGV[3])
for i = 4, last, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
if ARGV[2] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
