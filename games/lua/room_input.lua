-- Takes an input of a seat from the page that plays it: each number once, and in order.
-- KEYS: 1 room, 2 inputs
-- ARGV: 1 seat, 2 player who says so, 3 number, 4 input, 5 connection, 6 how many entries are kept
-- Returns: 1 taken, 0 repeated, -1 a number is missing before it, -2 not this player's seat, -3 the room is over or gone,
--          -4 another page plays this seat
-- Cost: O(1)
local found = redis.call('HMGET', KEYS[1], 'status', 'player:' .. ARGV[1], 'n:' .. ARGV[1], 'page:' .. ARGV[1])
if not found[1] or found[1] == 'over' then return -3 end
if found[2] ~= ARGV[2] then return -2 end
if found[4] and found[4] ~= ARGV[5] then return -4 end
local last, number = tonumber(found[3] or '0'), tonumber(ARGV[3])
if number <= last then return 0 end
if number > last + 1 then return -1 end
redis.call('HSET', KEYS[1], 'n:' .. ARGV[1], ARGV[3])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', 's', ARGV[1], 'n', ARGV[3], 'i', ARGV[4], 'c', ARGV[5])
return 1
