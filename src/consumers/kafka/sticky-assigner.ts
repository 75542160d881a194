import type { PartitionAssigner } from 'kafkajs'
import { assignSticky, decodeHeld, encodeHeld } from '../assignment.ts'
import { AssignerProtocol } from './kafkajs-internals.ts'

/**
 * The assigner of assignment.ts for kafkajs: members tell what they hold when they join, the leader of the group decides. The
 * leader asks for the number of partitions anew: a topic may have grown since it looked last.
 */
export const stickyAssigner =
  (topic: string, held: () => ReadonlyMap<number, number>): PartitionAssigner =>
  ({ cluster }) => ({
    name: 'TidemarkStickyAssigner',
    version: 0,
    protocol: ({ topics }) => ({
      name: 'TidemarkStickyAssigner',
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: encodeHeld(held()) }),
    }),
    assign: async ({ members }) => {
      await cluster.refreshMetadata()
      const claimants = members.map(({ memberId, memberMetadata }) => ({
        id: memberId,
        held: decodeHeld(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData),
      }))
      const assigned = assignSticky(claimants, cluster.findTopicPartitionMetadata(topic).length)
      return [...assigned].map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 0,
          assignment: { [topic]: [...partitions] },
          userData: Buffer.alloc(0),
        }),
      }))
    },
  })
