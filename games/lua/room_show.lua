-- Writes what a room has done to its log and shows it, both or neither, while this runner is its owner.
-- KEYS: 1 room, 2 log, 3 frames, and with a checkpoint, 4 keyframe, 5 checkpoint, 6 inputs
-- ARGV: 1 epoch, 2 how to publish, 3 log entry ('': none), 4 frame ('': none), and perhaps, 5 checkpoint, 6 keyframe,
--       7 status of the room, 8 TTL (ms)
-- Returns: 1 done, 0 the room is somebody else's by now, or gone
-- Cost: O(1), and O(frames since the last) with a keyframe
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch ~= ARGV[1] then return 0 end
if ARGV[3] ~= '' then redis.call('RPUSH', KEYS[2], ARGV[3]) end
if ARGV[4] ~= '' then
  redis.call('RPUSH', KEYS[3], ARGV[4])
  publish(ARGV[2], ARGV[4])
end
if not ARGV[5] then return 1 end
redis.call('HSET', KEYS[1], 'status', ARGV[7])
redis.call('SET', KEYS[5], ARGV[5])
redis.call('SET', KEYS[4], ARGV[6])
redis.call('DEL', KEYS[3])
for i = 1, 6 do redis.call('PEXPIRE', KEYS[i], ARGV[8]) end
return 1
