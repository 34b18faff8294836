-- Renews a runner's leases and its rooms' entries in the list, or gives the rooms up.
-- KEYS: 1 leases, 2 epochs, 3 owners, 4 runners, 5 listed
-- ARGV: 1 the plan as JSON: runner, lease_ms (0: give them up), rooms (each: id, epoch, entry (JSON text))
-- Returns: the ids of rooms that are somebody else's by now
-- Cost: O(rooms log N)
local plan = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends, lost = plan.lease_ms > 0 and now + plan.lease_ms or 0, {}
if plan.lease_ms > 0 then
  redis.call('ZADD', KEYS[4], ends, plan.runner)
else
  redis.call('ZREM', KEYS[4], plan.runner)
end
for _, room in ipairs(plan.rooms) do
  if tonumber(redis.call('HGET', KEYS[2], room.id) or '0') ~= room.epoch then
    lost[#lost + 1] = room.id
  else
    redis.call('ZADD', KEYS[1], ends, room.id)
    redis.call('HSET', KEYS[5], room.id, room.entry)
    if ends == 0 then redis.call('HDEL', KEYS[3], room.id) end
  end
end
return lost
