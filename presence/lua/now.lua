-- The moment. Prepended to the scripts of this folder.
-- KEYS: none of its own
-- ARGV: 1 now (ms; empty: the server's clock)
-- Returns: nothing; `now` is set
-- Cost: O(1)
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
