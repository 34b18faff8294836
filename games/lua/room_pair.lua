-- Pairs those who wait for an opponent: the longest waiting first, each with the nearest rating in reach.
-- KEYS: 1 tickets, 2 pairs, 3 playing
-- ARGV: 1 reach at once, 2 how much it widens a second, 3 ms until a ticket ends, 4 ids for new rooms, as a JSON list
-- Returns: how many pairs were made
-- Cost: O(tickets²), at most 200 tickets
local time = redis.call('TIME')
local now, waiting = time[1] * 1000 + math.floor(time[2] / 1000), {}
local all, ids, made = redis.call('HGETALL', KEYS[1]), cjson.decode(ARGV[4]), 0
for i = 1, #all, 2 do
  local since, seen, text = string.match(all[i + 1], '^(%d+) (%d+) (.*)$')
  local ticket = cjson.decode(text)
  ticket.text, ticket.since_ms = text, tonumber(since)
  local age = now - tonumber(seen)
  if age > tonumber(ARGV[3]) or age < -tonumber(ARGV[3]) or redis.call('HEXISTS', KEYS[3], all[i]) == 1 then
    redis.call('HDEL', KEYS[1], all[i])
  elseif #waiting < 200 then
    waiting[#waiting + 1] = ticket
  end
end
table.sort(waiting, function(a, b)
  if a.since_ms == b.since_ms then return a.player < b.player end
  return a.since_ms < b.since_ms
end)
local function blocks(a, b)
  for _, id in ipairs(a.blocked) do if id == b.player then return true end end
  return false
end
for i, a in ipairs(waiting) do
  local best, nearest
  for j = i + 1, #waiting do
    local b = waiting[j]
    local reach = tonumber(ARGV[1]) + tonumber(ARGV[2]) * math.max(now - a.since_ms, 0) / 1000
    local apart = math.abs(a.rating - b.rating)
    if not a.taken and not b.taken and apart <= reach and not blocks(a, b) and not blocks(b, a)
      and (not nearest or apart < nearest) then best, nearest = b, apart end
  end
  if best and made < #ids then
    made, a.taken, best.taken = made + 1, true, true
    redis.call('HDEL', KEYS[1], string.format('%.0f', a.player), string.format('%.0f', best.player))
    redis.call('HSET', KEYS[2], ids[made], '[' .. a.text .. ',' .. best.text .. ']')
    for _, each in ipairs({a, best}) do redis.call('HSET', KEYS[3], string.format('%.0f', each.player), ids[made]) end
  end
end
return made
