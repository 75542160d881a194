--[[
Deletes panes of a partition that a checkpoint allowed to delete, after it: what did not fit into its call.

KEYS  1  meta (hash)
      then per delete: pane (hash), index of its shard's panes (zset)
ARGV  1  token
      2  commitId of that checkpoint
      then per delete: member of the index

Replies  'ok'      done
         'fenced'  somebody owns the partition or wrote since: it is theirs to delete
]]
local stored = redis.call('HMGET', KEYS[1], 'token', 'commitId')
if stored[1] ~= ARGV[1] or stored[2] ~= ARGV[2] then return 'fenced' end
for i = 3, #ARGV do
  redis.call('UNLINK', KEYS[2 * i - 4])
  redis.call('ZREM', KEYS[2 * i - 3], ARGV[i])
end
return 'ok'
