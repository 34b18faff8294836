-- Reads the live rooms: those whose runner has refreshed them.
-- KEYS: 1 leases, 2 listed
-- ARGV: 1 how many at most
-- Returns: {room, JSON entry, room, …}, the newest leases first
-- Cost: O(log N + rooms returned)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local rooms = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', now, 'LIMIT', 0, ARGV[1])
local flat = {}
for _, room in ipairs(rooms) do
  local entry = redis.call('HGET', KEYS[2], room)
  if entry then
    flat[#flat + 1] = room
    flat[#flat + 1] = entry
  end
end
return flat
