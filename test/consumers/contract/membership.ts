import { describe, expect, test } from 'vitest'
import type { Log, Membership } from '../../../src/consumers/log.ts'
import { readRange, watched } from '../support.ts'
import type { Bench } from './bench.ts'

/** What members of a group promise. */
export const membershipContract = ({ under, newName, newTopic, append }: Bench): void => {
  describe('membership', () => {
    /** A member that notes what it is told. */
    const member = (log: Log, groupId: string, topic: string) => {
      const membership: Membership = log.membership({ groupId, topic, sessionTimeoutMs: 10_000 })
      const { until, change } = watched()
      const told: string[] = []
      const generations: number[] = []
      let assigned: readonly number[] = []
      const note = (what: string) => {
        told.push(what)
        change()
      }
      return {
        membership,
        told,
        generations,
        assigned: () => assigned,
        until,
        start: () =>
          membership.start({
            onAssigned: (partitions, generation) => {
              assigned = [...partitions].sort((a, b) => a - b)
              generations.push(generation)
              note(`assigned ${assigned}`)
            },
            onRevoking: () => note('revoking'),
            onCrash: error => note(`crash ${error.message}`),
          }),
      }
    }

    test('partitions move between members as they come and go, each owned by one', async () => {
      const topic = await newTopic(4)
      const groupId = newName('group')
      const one = member(under().log, groupId, topic)
      await one.start()
      await one.until(() => one.assigned().length === 4)

      const two = member(under().other, groupId, topic)
      await two.start()
      await Promise.all([one.until(() => one.assigned().length === 2), two.until(() => two.assigned().length === 2)])
      expect([...one.assigned(), ...two.assigned()].sort()).toEqual([0, 1, 2, 3])
      expect(one.told.slice(0, 3)).toEqual(['assigned 0,1,2,3', 'revoking', `assigned ${one.assigned()}`])
      expect([...one.generations].sort((a, b) => a - b)).toEqual(one.generations)
      expect(new Set(one.generations).size).toBe(one.generations.length)

      await two.membership.stop()
      await one.until(() => one.assigned().length === 4)
      await one.membership.stop()
    })

    test('of a topic that grows get the new partitions, and keep their own', async () => {
      const topic = await newTopic(2)
      const groupId = newName('group')
      const [one, two] = [member(under().log, groupId, topic), member(under().other, groupId, topic)]
      await one.start()
      await two.start()
      await Promise.all([one.until(() => one.assigned().length === 1), two.until(() => two.assigned().length === 1)])
      const [ofOne, ofTwo] = [one.assigned(), two.assigned()]

      await under().addPartitions(topic, 5)
      await Promise.all([one, two].map(({ until, assigned }) => until(() => assigned().length >= 2)))
      expect([...one.assigned(), ...two.assigned()].sort()).toEqual([0, 1, 2, 3, 4])
      expect(one.assigned()).toEqual(expect.arrayContaining([...ofOne]))
      expect(two.assigned()).toEqual(expect.arrayContaining([...ofTwo]))
      expect(await under().log.partitionCount(topic)).toBe(5)
      await append(topic, [{ key: null, value: Buffer.from('new'), partition: 4 }])
      const reader = await under().other.reader({ topic, partition: 4 })
      expect((await readRange(reader, 0, 1)).map(record => record.value)).toEqual(['new'])
      await Promise.all([reader.close(), one.membership.stop(), two.membership.stop()])
    })

    test('who is in the group, and with what, can be asked without joining it', async () => {
      const topic = await newTopic(3)
      const groupId = newName('group')
      expect(await under().other.groupMembers({ groupId, topic })).toEqual([])
      const one = member(under().log, groupId, topic)
      await one.start()
      await one.until(() => one.assigned().length === 3)
      const [found, ...others] = await under().other.groupMembers({ groupId, topic })
      expect(others).toEqual([])
      expect([...found.partitions].sort()).toEqual([0, 1, 2])
      await one.membership.stop()
      expect(await under().other.groupMembers({ groupId, topic })).toEqual([])
    })

    test('a fresh heartbeat is heard of, offsets are kept by the group', async () => {
      const topic = await newTopic(2)
      const groupId = newName('group')
      const one = member(under().log, groupId, topic)
      await expect(one.membership.freshHeartbeat()).rejects.toThrow(/start/)
      await one.start()
      await one.until(() => one.assigned().length === 2)
      await one.membership.freshHeartbeat()
      expect(await one.membership.committed([0, 1])).toEqual(new Map())
      await one.membership.commitOffsets(new Map([[1, 41n]]), 'a note')
      expect(await one.membership.committed([0, 1])).toEqual(new Map([[1, { offset: 41n, metadata: 'a note' }]]))
      await one.membership.commitOffsets(new Map([[1, 42n]]))
      expect(await one.membership.committed([0, 1])).toEqual(new Map([[1, { offset: 42n, metadata: '' }]]))
      await one.membership.stop()

      const two = member(under().other, groupId, topic)
      await two.start()
      expect(await two.membership.committed([0, 1])).toEqual(new Map([[1, { offset: 42n, metadata: '' }]]))
      await two.membership.stop()
      await expect(one.membership.commitOffsets(new Map([[1, 43n]]))).rejects.toThrow()
    })
  })
}
