-- What is kept of a player who is online. Prepended to the other scripts of this folder.
-- KEYS: 3 players
-- ARGV: none of its own
-- Returns: nothing; `load`, `keep`, `shown` and `count` are set
-- Cost: O(1)
-- A player: tabs open, how many of them are away and how many in a game, what the last game was, card JSON.
local function load(player)
  local packed = redis.call('HGET', KEYS[3], player)
  return packed and cmsgpack.unpack(packed) or {0, 0, 0, '', ''}
end

local function keep(player, p)
  redis.call('HSET', KEYS[3], player, cmsgpack.pack(p))
end

local function shown(p)
  if p[3] > 0 then return p[4] end
  return p[2] >= p[1] and 'away' or 'online'
end

-- Counts a tab in its state ('' is plainly online), or no longer when `by` is -1.
local function count(p, state, by)
  if state == 'away' then
    p[2] = p[2] + by
  elseif state ~= '' then
    p[3] = p[3] + by
    if by > 0 then p[4] = state end
  end
end
