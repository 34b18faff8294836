-- Replaces the live standings with rebuilt ones, after adding every run that arrived since those were built.
-- KEYS: 1 live standings, 2 shadow standings, 3 stream of runs, 4 hidden players,
--       5 highest fencing number that repaired this board
-- ARGV: 1 id of the last stream entry that the shadow includes, 2 'desc' or 'asc', 3 'best', 'total', 'latest' or 'first',
--       4 start of the period (ms), 5 its end (ms; 0: none), 6 maximum number of newer entries to add,
--       7 fencing number of the repairer
-- Returns: 1 swapped, 0 there are more newer entries than that: add them first, -1 a later repairer took over
-- Cost: O(newer runs log N + hidden players), and the memory of the old standings is freed in the background
if tonumber(redis.call('GET', KEYS[5]) or '0') > tonumber(ARGV[7]) then return -1 end
redis.call('SET', KEYS[5], ARGV[7])
local most = tonumber(ARGV[6])
local newer = redis.call('XRANGE', KEYS[3], '(' .. ARGV[1], '+', 'COUNT', most + 1)
if #newer > most then return 0 end
local lower = ARGV[2] == 'asc'
local flag = ARGV[3] == 'best' and (lower and 'LT' or 'GT') or ARGV[3] == 'first' and 'NX' or nil
local starts, ends = tonumber(ARGV[4]), tonumber(ARGV[5])
for _, entry in ipairs(newer) do
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  -- A replayed dead letter has an origin: it was ranked long ago, and the shadow already includes it.
  local at = fields.origin and -1 or tonumber(fields.at_ms or -1)
  if at >= starts and (ends == 0 or at < ends) then
    local points = tonumber(fields.points)
    local before = ARGV[3] == 'total' and redis.call('ZSCORE', KEYS[2], fields.player)
    if before then points = points + math.floor(tonumber(before)) end
    local score = score_of(points, at, lower)
    if flag then
      redis.call('ZADD', KEYS[2], flag, score, fields.player)
    else
      redis.call('ZADD', KEYS[2], score, fields.player)
    end
  end
end
for _, player in ipairs(redis.call('SMEMBERS', KEYS[4])) do redis.call('ZREM', KEYS[2], player) end
redis.call('UNLINK', KEYS[1])
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('RENAME', KEYS[2], KEYS[1])
  redis.call('PERSIST', KEYS[1])
end
return 1
