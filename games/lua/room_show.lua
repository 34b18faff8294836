-- Writes what a room has done to its log and shows it, both or neither, while this runner is its owner.
-- KEYS: 1 room, 2 log, 3 frames, and with a checkpoint, 4 keyframe, 5 checkpoint, 6 inputs
-- ARGV: 1 epoch, 2 PUBLISH or SPUBLISH, 3 channel, 4 log entry ('': none), 5 frame ('': none), and perhaps, 6 checkpoint,
--       7 keyframe, 8 status of the room, 9 TTL (ms)
-- Returns: 1 done, 0 the room is somebody else's by now, or gone
-- Cost: O(1), and O(frames since the last) with a keyframe
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch ~= ARGV[1] then return 0 end
if ARGV[4] ~= '' then redis.call('RPUSH', KEYS[2], ARGV[4]) end
if ARGV[5] ~= '' then
  redis.call('RPUSH', KEYS[3], ARGV[5])
  redis.call(redis.REDIS_VERSION_NUM and ARGV[2] or 'PUBLISH', ARGV[3], ARGV[5])
end
if not ARGV[6] then return 1 end
redis.call('HSET', KEYS[1], 'status', ARGV[8])
redis.call('SET', KEYS[5], ARGV[6])
redis.call('SET', KEYS[4], ARGV[7])
redis.call('DEL', KEYS[3])
for i = 1, 6 do redis.call('PEXPIRE', KEYS[i], ARGV[9]) end
return 1
