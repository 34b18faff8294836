-- Moves an entry to the dead letters of its stream, once.
-- KEYS: 1 stream, 2 dead letters, 3 failures of the group
-- ARGV: 1 group, 2 entry id, 3 reason
-- Returns: 1 moved, 0 already acknowledged or deleted
-- Cost: O(fields)
redis.call('HDEL', KEYS[3], ARGV[2])
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not entry then return 0 end
local fields = entry[2]
for _, part in ipairs({'_reason', ARGV[3], '_group', ARGV[1], '_id', ARGV[2]}) do fields[#fields + 1] = part end
redis.call('XADD', KEYS[2], '*', unpack(fields))
return 1
