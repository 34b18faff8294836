-- Takes a room out of the registry: it is over.
-- KEYS: 1 leases, 2 epochs, 3 owners, 4 listed, 5 playing
-- ARGV: 1 room, 2… its players
-- Returns: 1 it was there, else 0
-- Cost: O(log N + players)
for i = 2, #ARGV do
  if redis.call('HGET', KEYS[5], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[5], ARGV[i]) end
end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
