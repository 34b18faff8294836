-- Moves coins, at most once per request: checks and changes the balance, grants the item and logs the movement.
-- KEYS: 1 balances, 2 items that the player owns, 3 result of this request if it already ran, 4 ledger stream
-- ARGV: 1 player id, 2 coins (negative to spend them), 3 reason, 4 request id, 5 item to grant ('' for none),
--       6 how long to remember the request (ms)
-- Returns: {status, coins afterwards} where status is ok, repeated, poor (not enough coins) or owned (has the item)
-- Cost: O(1)
local before = redis.call('GET', KEYS[3])
if before then
  redis.call('PEXPIRE', KEYS[3], ARGV[6]) -- A write, so that whoever asks again can wait for replicas, too.
  return {'repeated', tonumber(before)}
end
local amount, balance = tonumber(ARGV[2]), tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if ARGV[5] ~= '' and redis.call('SISMEMBER', KEYS[2], ARGV[5]) == 1 then return {'owned', balance} end
if balance + amount < 0 then return {'poor', balance} end
balance = balance + amount
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', balance))
if ARGV[5] ~= '' then redis.call('SADD', KEYS[2], ARGV[5]) end
redis.call('XADD', KEYS[4], '*', 'request', ARGV[4], 'player', ARGV[1], 'amount', ARGV[2],
  'balance', string.format('%.0f', balance), 'reason', ARGV[3], 'item', ARGV[5],
  'at_ms', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
redis.call('SET', KEYS[3], string.format('%.0f', balance), 'PX', ARGV[6])
return {'ok', balance}
