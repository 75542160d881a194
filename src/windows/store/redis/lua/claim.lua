--[[
Takes a partition or a shard: from now on only the caller's token may write it.

KEYS  1  meta (hash)
ARGV  1  token
      2… names of the meta's fields to return

Reply  { epoch, commitId or '', then per field its value or nil }
]]
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'token', ARGV[1])
redis.call('HDEL', KEYS[1], 'pending')
local reply = { epoch, redis.call('HGET', KEYS[1], 'commitId') or '' }
for i = 2, #ARGV do reply[i + 1] = redis.call('HGET', KEYS[1], ARGV[i]) end
return reply
