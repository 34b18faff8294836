-- Changes what others see of a player: counts, the newest, and the cards of those. Prepended after bucket.lua.
-- KEYS: 3 here, 4 newest, 5 cards, 6 hidden, 7 counts
-- ARGV: none of its own
-- Returns: nothing; `arrive`, `depart`, `tally` and `show` are set
-- Cost: O(log M) for the M newest
local NEWEST_MAX = 1000

local function arrive(player, card)
  redis.call('ZADD', KEYS[4], now, player)
  redis.call('HSET', KEYS[5], player, dated(card))
  if redis.call('ZCARD', KEYS[4]) > NEWEST_MAX then
    redis.call('HDEL', KEYS[5], redis.call('ZPOPMIN', KEYS[4])[1])
  end
end

local function depart(player)
  redis.call('ZREM', KEYS[4], player)
  redis.call('HDEL', KEYS[5], player)
end

local function tally(code, by)
  if code ~= OFFLINE and redis.call('HINCRBY', KEYS[7], code, by) <= 0 then redis.call('HDEL', KEYS[7], code) end
end

local function show(place, code, card)
  local before = row()
  local old, after = string.sub(before, place, place), string.sub(before, 1, place - 1) .. code .. string.sub(before, place + 1)
  if old == code then return end
  if string.find(after, '%S') <= 64 then redis.call('HSET', KEYS[3], bucket, after) else redis.call('HDEL', KEYS[3], bucket) end
  local player = player_at(place)
  local audience = redis.call('HGET', KEYS[6], player)
  if code == OFFLINE then
    depart(player)
  elseif old == OFFLINE and not audience then
    arrive(player, card)
  elseif old == OFFLINE and audience ~= '[]' then
    redis.call('HSET', KEYS[5], player, dated(card))
  end
  if not audience then
    tally(old, -1)
    tally(code, 1)
  end
  changed = changed or audience ~= '[]'
end
