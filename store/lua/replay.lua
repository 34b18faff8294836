-- Puts a dead letter back into its stream, once; it remembers where it stood as `origin`.
-- KEYS: 1 stream, 2 dead letters
-- ARGV: 1 id of the dead letter
-- Returns: 1 put back, 0 somebody else was quicker
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
