-- Has a room run, and its players be in it, unless one of them is in another room that is run or to be made.
-- KEYS: 1 leases, 2 playing, 3 pairs
-- ARGV: 1 room, 2… its players
-- Returns: 1 done, 0 somebody is elsewhere
-- Cost: O(players + log N)
for i = 2, #ARGV do
  local other = redis.call('HGET', KEYS[2], ARGV[i])
  if other and other ~= ARGV[1]
    and (redis.call('ZSCORE', KEYS[1], other) or redis.call('HEXISTS', KEYS[3], other) == 1) then return 0 end
end
for i = 2, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], ARGV[1]) end
redis.call('ZADD', KEYS[1], 'NX', 0, ARGV[1])
return 1
