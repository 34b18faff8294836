-- Reads who is near a player, nearest first. Runs after sweep.lua.
-- KEYS: 1 cells, 2 until
-- ARGV: 1 now (see sweep.lua), 2 player id, 3 radius (km), 4 maximum number of entries, the player's own included
-- Returns: {when the player's own entry expires (ms; 0: there is none), {player id, distance (km), …}}
-- Cost: O(N in reach)
local ends = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not ends then return {0, {}} end
local flat = {}
local found = redis.call('GEOSEARCH', KEYS[1], 'FROMMEMBER', ARGV[2], 'BYRADIUS', ARGV[3], 'km', 'ASC', 'COUNT', ARGV[4], 'WITHDIST')
for _, pair in ipairs(found) do
  if pair[1] ~= ARGV[2] then
    flat[#flat + 1] = pair[1]
    flat[#flat + 1] = pair[2]
  end
end
return {tonumber(ends), flat}
