-- Reads which of the given players are online and visible to the asking player. Runs after now.lua.
-- KEYS: 1 due, 2 here, 3 newest, 4 cards, 5 hidden, 6 counts, 7 codes
-- ARGV: 1 now, 2 who asks, 3 how many at most, 4 the players' places in their buckets, one character each (the first is a
--       blank), 5 their buckets, as a JSON list of texts: hundreds of arguments would take longer than all the rest
-- Returns: {buckets of theirs to sweep first, codes: {state, code, …}, who is here: {number among the given, from 1,
--          …}, a string of their codes, since when and their cards (`<ms> <JSON>`, or null)}
-- Cost: O(M), and O(audience) for each one whom only an audience may see
local function in_audience(list)
  for _, id in ipairs(cjson.decode(list)) do
    if string.format('%.0f', id) == ARGV[2] then return true end
  end
  return false
end

local is_any_due = redis.call('ZCOUNT', KEYS[1], '-inf', now) > 0

-- Of those online, whose bucket, number, code and id are given: who may be seen, with their cards.
local due, found, codes, cards, most = {}, {}, {}, {}, tonumber(ARGV[3])
local function add(theirs, here, shown, players)
  local ends = is_any_due and redis.call('ZMSCORE', KEYS[1], unpack(theirs)) or {}
  for i = 1, #ends do
    if ends[i] and tonumber(ends[i]) <= now then due[#due + 1] = theirs[i] end
  end
  local hidden, known = redis.call('HMGET', KEYS[5], unpack(players)), redis.call('HMGET', KEYS[4], unpack(players))
  for i = 1, #here do
    if #found < most and (not hidden[i] or in_audience(hidden[i])) then
      local at = #found + 1
      found[at], codes[at], cards[at] = here[i], shown[i], known[i]
    end
  end
end

local places, buckets, sub, byte, format = ARGV[4], cjson.decode(ARGV[5]), string.sub, string.byte, string.format
-- 1,000 at a time: Lua's stack holds a few thousand arguments.
for first = 1, #buckets, 1000 do
  local rows = redis.call('HMGET', KEYS[2], unpack(buckets, first, math.min(first + 999, #buckets)))
  local theirs, here, shown, players = {}, {}, {}, {}
  for i = 1, #rows do
    if rows[i] then
      local number = first + i - 1
      local place = byte(places, number) - 31
      local code, n = sub(rows[i], place, place), #here + 1
      if code ~= ' ' then
        theirs[n], here[n], shown[n], players[n] = buckets[number], number, code, format('%d', buckets[number] * 64 + place - 1)
      end
    end
  end
  if #here > 0 then add(theirs, here, shown, players) end
end
return {due, redis.call('HGETALL', KEYS[7]), found, table.concat(codes), cards}
