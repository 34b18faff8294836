-- Gives a player the first free seat of an open room or of an arena, unless they have one there.
-- KEYS: 1 room, 2 inputs
-- ARGV: 1 player, 2 seat as JSON, 3 how many seats there are, 4 TTL of a room that somebody joined (ms),
--       5 1: an arena, which takes players until it is over, and whose runner is told; 6 how many entries are kept
-- Returns: the seat's number, or -1 when none is free, or -2 when the room takes nobody any more or is gone
-- Cost: O(seats)
local status = redis.call('HGET', KEYS[1], 'status')
if not status or status == 'over' then return -2 end
local free, left = -1, 0
for seat = tonumber(ARGV[3]) - 1, 0, -1 do
  local player = redis.call('HGET', KEYS[1], 'player:' .. seat)
  if player == ARGV[1] then return seat end
  if not player then free, left = seat, left + 1 end
end
if status ~= 'open' and ARGV[5] ~= '1' then return -2 end
if free == -1 then return -1 end
redis.call('HSET', KEYS[1], 'player:' .. free, ARGV[1], 'seat:' .. free, ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if ARGV[5] == '1' then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', 'sat', free, 'who', ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
-- Full, it waits for a runner.
if left == 1 and ARGV[5] ~= '1' then redis.call('HSET', KEYS[1], 'status', 'waiting') end
return free
