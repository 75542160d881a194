--[[
Removes published alerts from a shard's outbox.

KEYS  1  meta (hash)
      2  outbox (hash)
      3  order of the outbox (zset)
ARGV  1  token
      2… ids

Replies  'ok'      done; an id that is not there is no error
         'fenced'  the token is not the owner's
]]
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 'fenced' end -- guard: token
for i = 2, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[i])
  redis.call('ZREM', KEYS[3], ARGV[i])
end
return 'ok'
