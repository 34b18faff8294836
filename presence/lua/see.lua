-- Sets who may see a player. Prepended after tabs.lua to the scripts that do.
-- KEYS: 5 cards, 6 hidden
-- ARGV: none of its own
-- Returns: nothing; `see` is set
-- Cost: O(log M) for the M newest
-- `who`: 'everybody', or a JSON list of those who may ('[]': nobody). `is_new`: it is newer than a stored list.
local function see(player, who, card, is_new)
  local before = redis.call('HGET', KEYS[6], player)
  if who == 'everybody' then
    redis.call('HDEL', KEYS[6], player)
  else
    redis.call((is_new or who == '[]') and 'HSET' or 'HSETNX', KEYS[6], player, who)
  end
  local after, place = redis.call('HGET', KEYS[6], player), place_of(player)
  local code = string.sub(row(), place, place)
  if code == OFFLINE or after == before then return end
  changed = true
  if not before then
    tally(code, -1)
    depart(player)
  elseif not after then
    tally(code, 1)
    arrive(player, card)
  end
  if after == '[]' then
    redis.call('HDEL', KEYS[5], player)
  elseif after then
    local since = string.match(redis.call('HGET', KEYS[5], player) or '', '^%d+ ')
    redis.call('HSET', KEYS[5], player, since and since .. card or dated(card))
  end
end
