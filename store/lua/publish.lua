-- Publishes by a command that was begun: `PUBLISH <channel>`, or in a cluster, where channels lie in slots as keys do,
-- `SPUBLISH <channel>`. Redis 6.2 has no such channels, and tells scripts no version. Prepended to scripts that publish.
-- KEYS: none of its own
-- ARGV: none of its own
-- Cost: O(clients that listen)
local function publish(begun, text)
  local command, channel = string.match(begun, '^(%S+) (.+)$')
  redis.call(redis.REDIS_VERSION_NUM and command or 'PUBLISH', channel, text)
end
