-- Moves a guest's coins and items to a player, minus the coins that the player was already paid. If the guest spent
-- those coins on items, only the items that the remaining value can pay for are moved, cheapest first.
-- KEYS: 1 balances, 2 items of the guest, 3 items of the player, 4 ledger stream, 5 coins deducted so far
-- ARGV: 1 guest, 2 player, 3 reason, 4 prefix of the request ids, 5 coins to deduct in total,
--       6 how long to remember the deducted coins (ms), 7… item and its price, cheapest first
-- Returns: {coins, item, item, …} that were moved; a repeated call moves only what the guest got since
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
