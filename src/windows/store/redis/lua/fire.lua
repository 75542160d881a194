--[[
Puts alerts into a shard's outbox, sets and forgets rule states and moves the meta. A firing that is too large for one call
comes as 'first', any number of 'more', and 'last', alerts before rule states: a rule whose state has seen a window does not
give its alert again. See checkpoint.lua for 'pending'.

KEYS  1  meta (hash)
      2  rules (hash)
      3  outbox (hash: alert by id)
      4  order of the outbox (zset: id by sequence)
ARGV  1  token
      2  previousCommitId
      3  commitId
      4  'all', 'first', 'more' or 'last'
      5  firedThrough   6  registry
      7  number of alerts   8  number of rule states   9  number of rules to forget
      then per alert: id, alert; per rule state: fingerprint, state; per rule to forget: fingerprint

Replies  'ok', 'duplicate', 'fenced', 'mismatch' as in checkpoint.lua
]]
local stage = ARGV[4]
local stored = redis.call('HMGET', KEYS[1], 'token', 'commitId', 'pending')
if stored[2] == ARGV[3] then return 'duplicate' end -- guard: resend
if stored[1] ~= ARGV[1] then return 'fenced' end -- guard: token
if (stored[2] or '') ~= ARGV[2] then return 'mismatch' end -- guard: compare and set
if (stage == 'more' or stage == 'last') and stored[3] ~= ARGV[3] then return 'mismatch' end -- guard: pending

if stage == 'first' then redis.call('HSET', KEYS[1], 'pending', ARGV[3]) end
local at = 10
local newest = redis.call('ZRANGE', KEYS[4], -1, -1, 'WITHSCORES')
local sequence = tonumber(newest[2] or 0)
for i = 1, tonumber(ARGV[7]) do
  redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1])
  redis.call('ZADD', KEYS[4], 'NX', sequence + i, ARGV[at])
  at = at + 2
end
for _ = 1, tonumber(ARGV[8]) do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1]) -- values
  at = at + 2
end
for i = at, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
if stage == 'first' or stage == 'more' then return 'ok' end -- guard: state before restart point
redis.call('HSET', KEYS[1], 'commitId', ARGV[3], 'firedThrough', ARGV[5], 'registry', ARGV[6])
redis.call('HDEL', KEYS[1], 'pending')
return 'ok'
