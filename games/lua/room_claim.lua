-- Gives a runner rooms that nobody runs, no more than its fair share.
-- KEYS: 1 leases, 2 epochs, 3 owners, 4 runners
-- ARGV: 1 runner, 2 lease (ms), 3 how many at most
-- Returns: {room, epoch, room, epoch, …}
-- Cost: O(rooms of this runner + log N for each that it gets)
local time = redis.call('TIME')
local now, lease = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now)
redis.call('ZADD', KEYS[4], now + lease, ARGV[1])
-- A lease further away than any is ever given was taken before the clock went back.
for _, room in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now + 2 * lease, '+inf')) do redis.call('ZADD', KEYS[1], 0, room) end
local free = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, tonumber(ARGV[3]))
if #free == 0 then return {} end
-- Whoever let them go is no owner of theirs, and that may be this runner.
for _, room in ipairs(free) do redis.call('HDEL', KEYS[3], room) end
local own = 0
for _, owner in ipairs(redis.call('HVALS', KEYS[3])) do if owner == ARGV[1] then own = own + 1 end end
local fair = math.ceil(redis.call('ZCARD', KEYS[1]) / redis.call('ZCARD', KEYS[4])) + 1
local given = {}
for i = 1, math.min(#free, fair - own) do
  redis.call('ZADD', KEYS[1], now + lease, free[i])
  redis.call('HSET', KEYS[3], free[i], ARGV[1])
  given[#given + 1] = free[i]
  given[#given + 1] = redis.call('HINCRBY', KEYS[2], free[i], 1)
end
return given
