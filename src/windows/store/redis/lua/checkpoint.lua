--[[
Sets entries of panes, deletes panes and moves the meta of a partition. A checkpoint that is too large for one call comes as
'first', any number of 'more', and 'last'; the meta and the commit id move in the last (or only) one. Between them 'pending'
names the commit: a call of another one that arrives late, over an old connection, cannot slip in unnoticed.

KEYS  1  meta (hash)
      2  shards that have panes (set)
      then per group of sets: pane (hash), index of its shard's panes (zset)
      then per delete: pane, index
ARGV  1  token
      2  previousCommitId
      3  commitId
      4  'all', 'first', 'more' or 'last'
      5  restart   6  closedThrough   7  deletedThrough   8  status
      9  number of groups   10  number of deletes   11  vocabulary, or '' where it is as before
      then per group: member of the index, end of the pane, shard, number of arguments that follow, (series, bytes)…
      then per delete: member of the index

Replies  'ok'         done
         'duplicate'  this commit was done before
         'fenced'     the token is not the owner's
         'mismatch'   the stored commit is not the previous one, or another commit began since 'first'

The first write is one that out-of-memory refuses, unless all there is to do is to delete: that frees memory.
]]
local stage = ARGV[4]
local stored = redis.call('HMGET', KEYS[1], 'token', 'commitId', 'pending')
if stored[2] == ARGV[3] then return 'duplicate' end -- guard: resend
if stored[1] ~= ARGV[1] then return 'fenced' end -- guard: token
if (stored[2] or '') ~= ARGV[2] then return 'mismatch' end -- guard: compare and set
if (stage == 'more' or stage == 'last') and stored[3] ~= ARGV[3] then return 'mismatch' end -- guard: pending

if stage == 'first' then redis.call('HSET', KEYS[1], 'pending', ARGV[3]) end
local key, at = 3, 12
for _ = 1, tonumber(ARGV[9]) do
  local count = tonumber(ARGV[at + 3])
  redis.call('HSET', KEYS[key], unpack(ARGV, at + 4, at + 3 + count)) -- values
  if redis.call('ZADD', KEYS[key + 1], ARGV[at + 1], ARGV[at]) == 1 then redis.call('SADD', KEYS[2], ARGV[at + 2]) end
  key = key + 2
  at = at + 4 + count
end
for i = 0, tonumber(ARGV[10]) - 1 do
  redis.call('UNLINK', KEYS[key + 2 * i])
  redis.call('ZREM', KEYS[key + 2 * i + 1], ARGV[at + i])
end
if stage == 'first' or stage == 'more' then return 'ok' end -- guard: state before restart point
redis.call('HSET', KEYS[1], 'commitId', ARGV[3], 'restart', ARGV[5], 'closedThrough', ARGV[6], 'deletedThrough', ARGV[7], 'status', ARGV[8])
if ARGV[11] ~= '' then redis.call('HSET', KEYS[1], 'vocabulary', ARGV[11]) end
redis.call('HDEL', KEYS[1], 'pending')
return 'ok'
