-- A bucket is 64 players whose ids follow each other. Prepended to the scripts that change one, after now.lua.
-- All their tabs are in one small sorted set, which Redis keeps in one piece of memory. A member is the player's letter,
-- what the tab shows, and the connection: `B.Xq3z_w`. Shown is one character: see `code_of`; ' ' is offline.
-- KEYS: 1 leases of the bucket, 2 due, 3 here, 4 newest, 5 cards, 6 hidden, 7 counts, 8 codes
-- ARGV: 1 now, 2 how to publish marks ('': the caller does), 3 bucket
-- Returns: nothing; what is local here is there for the scripts
-- Cost: O(1)
local LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
local OFFLINE, AWAY, ONLINE, FIRST_GAME = ' ', '-', '.', '0'
local LEASE_MS = 45000
local bucket, changed = ARGV[3], false

-- A card is kept with the moment its player came online.
local function dated(card)
  return string.format('%.0f ', now) .. card
end

local function finish()
  if changed and ARGV[2] ~= '' then publish(ARGV[2], 'online') end
  return changed and 1 or 0
end

local function place_of(player)
  return player % 64 + 1
end

local function player_at(place)
  return string.format('%.0f', bucket * 64 + place - 1)
end

-- What others see of everybody in the bucket: 64 characters, and one more: values of at most 64 would be kept in a list
-- while there are few, which Redis walks to find one.
local function row()
  return redis.call('HGET', KEYS[3], bucket) or string.rep(OFFLINE, 64) .. '|'
end

-- The character of a tab's state. Each game has its own; should there be more than 79, the last ones share one.
local function code_of(state)
  if state == '' then return ONLINE end
  if state == 'away' then return AWAY end
  local code = redis.call('HGET', KEYS[8], state)
  if not code then
    code = string.char(math.min(string.byte(FIRST_GAME) + redis.call('HLEN', KEYS[8]), 126))
    redis.call('HSET', KEYS[8], state, code)
  end
  return code
end
