-- Gives what a guest has to a player: coins and items, less what the player was paid for already. What the guest
-- bought with coins that go back is brought as far as the rest pays for it, the cheapest first.
-- KEYS: 1 balances, 2 items of the guest, 3 items of the player, 4 ledger stream, 5 how much went back so far
-- ARGV: 1 guest, 2 player, 3 reason, 4 what the requests are called, 5 coins that go back in all,
--       6 how long to remember that (ms), 7… item and its price, the cheapest first
-- Returns: {coins, item, item, …} as they were brought; again, and only what came since is
-- Cost: O(items of the shop)
local call = redis.call
local balance = tonumber(call('HGET', KEYS[1], ARGV[1]) or '0')
local before = tonumber(call('GET', KEYS[5]) or '0')
local owed = math.max(0, tonumber(ARGV[5]) - before)
local worth, items = balance, {}
for i = 7, #ARGV, 2 do
  if call('SISMEMBER', KEYS[2], ARGV[i]) == 1 and call('SISMEMBER', KEYS[3], ARGV[i]) == 0 then
    items[#items + 1] = {ARGV[i], tonumber(ARGV[i + 1])}
    worth = worth + tonumber(ARGV[i + 1])
  end
end
local back = math.min(owed, worth)
local left = worth - back
call('SET', KEYS[5], string.format('%.0f', before + back), 'PX', ARGV[6])
local time = call('TIME')
local stamp, at_ms = time[1] .. time[2], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local function book(player, change, way, item)
  local now = call('HINCRBY', KEYS[1], player, string.format('%.0f', change))
  call('XADD', KEYS[4], '*', 'request', ARGV[4] .. ':' .. stamp .. ':' .. way, 'player', player,
    'amount', string.format('%.0f', change), 'balance', string.format('%.0f', now), 'reason', ARGV[3],
    'item', item, 'at_ms', at_ms)
end
local brought = {0}
for _, item in ipairs(items) do
  if item[2] <= left then
    left = left - item[2]
    call('SADD', KEYS[3], item[1])
    book(ARGV[2], 0, 'item:' .. item[1], item[1])
    brought[#brought + 1] = item[1]
  end
end
call('DEL', KEYS[2])
if balance > 0 then book(ARGV[1], -balance, 'out', '') end
if left > 0 then book(ARGV[2], left, 'in', '') end
brought[1] = left
return brought
