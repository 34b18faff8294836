-- Takes a player out of a seat of an arena.
-- KEYS: 1 room
-- ARGV: 1 seat, 2 player
-- Returns: 1 done, 0 the seat is somebody else's
-- Cost: O(1)
if redis.call('HGET', KEYS[1], 'player:' .. ARGV[1]) ~= ARGV[2] then return 0 end
for _, field in ipairs({'player:', 'seat:', 'page:', 'n:'}) do redis.call('HDEL', KEYS[1], field .. ARGV[1]) end
return 1
