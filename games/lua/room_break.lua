-- Ends a room that cannot go on, while this runner is its owner; its keyframe says so, too.
-- KEYS: 1 room, 2 keyframe, 3 frames
-- ARGV: 1 epoch, 2 keyframe ('': there is none), 3 how to publish
-- Returns: 1 done, 0 the room is somebody else's by now, or gone
-- Cost: O(frames since the last keyframe)
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'status', 'over')
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[2], ARGV[2], 'KEEPTTL')
  redis.call('DEL', KEYS[3])
  publish(ARGV[3], ARGV[2])
end
return 1
