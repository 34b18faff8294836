-- Takes a lock that nobody holds and gives its holder a fencing number, higher than any before.
-- KEYS: 1 owner, 2 fence
-- ARGV: 1 token of the taker, 2 lease (ms)
-- Returns: the fencing number, or 0 when somebody holds the lock
-- Cost: O(1)
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  -- A lease that ends later than a new one would is from before the clock was set back: shorten it.
  if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
  return 0
end
return redis.call('INCR', KEYS[2])
