-- Gives all coins of one player but some to another; again, and there is nothing left to give.
-- KEYS: 1 balances, 2 ledger stream
-- ARGV: 1 who gives, 2 who gets, 3 reason, 4 what the requests are called, 5 how many stay
-- Returns: how many coins
-- Cost: O(1)
local amount = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') - tonumber(ARGV[5])
if amount <= 0 then return 0 end
local time = redis.call('TIME')
local at_ms = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local function book(player, change, way)
  local balance = redis.call('HINCRBY', KEYS[1], player, string.format('%.0f', change))
  redis.call('XADD', KEYS[2], '*', 'request', ARGV[4] .. ':' .. time[1] .. time[2] .. ':' .. way, 'player', player,
    'amount', string.format('%.0f', change), 'balance', string.format('%.0f', balance), 'reason', ARGV[3],
    'item', '', 'at_ms', at_ms)
end
book(ARGV[1], -amount, 'out')
book(ARGV[2], amount, 'in')
return amount
