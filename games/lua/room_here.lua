-- Tells the runner that a page of a seat's player is here, and notes which page plays.
-- KEYS: 1 room, 2 inputs
-- ARGV: 1 seat, 2 page, 3 its socket, 4 1: it plays from now on; 0: only if none does, 5 how many entries are kept, 6 TTL (ms),
--       7 player
-- Returns: 1 told, 0 the seat is not theirs any more, or the room is gone
-- Cost: O(1)
if redis.call('HGET', KEYS[1], 'player:' .. ARGV[1]) ~= ARGV[7] then return 0 end
redis.call(ARGV[4] == '1' and 'HSET' or 'HSETNX', KEYS[1], 'page:' .. ARGV[1], ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'here', ARGV[1], 'by', ARGV[7], 'c', ARGV[2], 'k', ARGV[3],
  'take', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return 1
