-- Appends a dead letter to its stream again, once. Its field `origin` keeps its first entry id.
-- KEYS: 1 stream, 2 dead letters
-- ARGV: 1 id of the dead letter
-- Returns: 1 appended, 0 it was replayed already
-- Cost: O(fields)
local letter = redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1])[1]
if not letter or redis.call('XDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
local fields, origin = {}, nil
for i = 1, #letter[2], 2 do
  local name, value = letter[2][i], letter[2][i + 1]
  if name == '_id' then
    origin = origin or value
  elseif name == 'origin' then
    origin = value
  elseif string.sub(name, 1, 1) ~= '_' then
    fields[#fields + 1], fields[#fields + 2] = name, value
  end
end
fields[#fields + 1], fields[#fields + 2] = 'origin', origin or ARGV[1]
redis.call('XADD', KEYS[1], '*', unpack(fields))
return 1
