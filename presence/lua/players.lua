-- Loads and stores the state of an online player. Prepended to the other scripts of this folder.
-- KEYS: 3 players
-- ARGV: none of its own
-- Returns: nothing; `load`, `keep`, `shown` and `count` are set
-- Cost: O(1)
-- A player is stored as: open tabs, tabs that are away, tabs in a game, state of the last game, card JSON.
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

-- Adds `by` (1 or -1) to the number of tabs in a state; '' means online and has no number of its own.
local function count(p, state, by)
  if state == 'away' then
    p[2] = p[2] + by
  elseif state ~= '' then
    p[3] = p[3] + by
    if by > 0 then p[4] = state end
  end
end
