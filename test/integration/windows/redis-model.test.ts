import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadScripts, type Scripts } from '../../../src/windows/store/redis/scripts.ts'
import { stack } from '../../support/stack.ts'
import type { Writing } from '../../windows/store/model/partition-writer.ts'
import { history } from '../../windows/store/model/steps.ts'
import { runHistory } from '../../windows/store/model/world.ts'
import { createRedisHarness, withLine } from './redis-harness.ts'

describe('writers of the store in Redis: claims, crashes, zombies, lost and late calls, failovers, forgotten scripts', () => {
  let admin: Redis
  beforeAll(() => {
    admin = new Redis(stack().redisUrl)
  })
  afterAll(() => admin.disconnect())

  const check = async (numRuns: number, scripts?: Scripts, writing: Writing = 'values') => {
    const { open, close } = await createRedisHarness(admin, scripts)
    const property = fc.asyncProperty(history, steps => runHistory(open, steps, writing))
    return fc.check(property, { numRuns, endOnFailure: scripts !== undefined }).finally(close)
  }

  it('never lose or double an event, a window or an alert', async () => {
    const run = await check(150)
    if (run.failed) throw new Error(fc.defaultReportMessage(run), { cause: run.errorInstance })
  })

  const RESEND = '-- guard: resend'
  const TOKEN = '-- guard: token'
  const COMPARE_AND_SET = '-- guard: compare and set'
  const PENDING = '-- guard: pending'
  const STATE_FIRST = '-- guard: state before restart point'

  const lua = loadScripts()
  const INCREMENT = `
    for i = at + 4, at + 3 + count, 2 do
      local asOf, more = string.match(ARGV[i + 1], '(%d+) (%d+)')
      local before = string.match(redis.call('HGET', KEYS[key], ARGV[i]) or '0 0', ' (%d+)')
      redis.call('HSET', KEYS[key], ARGV[i], asOf .. ' ' .. string.format('%d', before + more))
    end`
  const isPart = "if stage == 'first' or stage == 'more' then"
  const EARLY_RESTART = `${isPart} redis.call('HSET', KEYS[1], 'restart', ARGV[5], 'closedThrough', ARGV[6], 'deletedThrough', ARGV[7]) return 'ok' end`
  const EARLY_FIRED = `${isPart} redis.call('HSET', KEYS[1], 'firedThrough', ARGV[5]) return 'ok' end`

  const ablations: readonly (readonly [name: string, scripts: Scripts, writing?: Writing])[] = [
    ['a checkpoint without the token', withLine(lua, 'checkpoint', TOKEN, '')],
    ['a checkpoint without compare and set', withLine(lua, 'checkpoint', COMPARE_AND_SET, '')],
    ['a checkpoint that does not know a resend', withLine(lua, 'checkpoint', RESEND, '')],
    ['a checkpoint that does not know calls of another', withLine(lua, 'checkpoint', PENDING, '')],
    ['a replay that does not ask panes for their asOf', lua, 'values, replayed without asOf'],
    ['increments instead of values', withLine(lua, 'checkpoint', '-- values', INCREMENT), 'increments'],
    ['a restart point that moves before the state', withLine(lua, 'checkpoint', STATE_FIRST, EARLY_RESTART)],
    ['a firing without the token', withLine(lua, 'fire', TOKEN, '')],
    ['a firing without compare and set', withLine(lua, 'fire', COMPARE_AND_SET, '')],
    ['a firing that does not know a resend', withLine(lua, 'fire', RESEND, '')],
    ['a firing that does not know calls of another', withLine(lua, 'fire', PENDING, '')],
    ['a firing that is through before its alerts are stored', withLine(lua, 'fire', STATE_FIRST, EARLY_FIRED)],
    ['an outbox that anybody trims', withLine(lua, 'trim-outbox', TOKEN, '')],
  ]
  for (const [name, scripts, writing] of ablations) {
    it(`the model notices ${name}`, async () => {
      const { failed } = await check(400, scripts, writing)
      expect(failed).toBe(true)
    })
  }
})
