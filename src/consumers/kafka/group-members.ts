import type { Kafka } from 'kafkajs'
import type { GroupMember } from '../log.ts'
import { sentenceOf } from './errors.ts'
import { AssignerProtocol } from './kafkajs-internals.ts'

/** Who is in the group now, with what it holds; none where there is no such group. Throws when the cluster cannot be asked. */
export const groupMembers = async (client: Kafka, groupId: string, topic: string): Promise<readonly GroupMember[]> => {
  const admin = client.admin()
  try {
    await admin.connect()
    const { groups } = await admin.describeGroups([groupId])
    return groups.flatMap(({ members }) =>
      members.map(({ clientId, clientHost, memberAssignment }) => ({
        client: `${clientId} at ${clientHost.replace(/^\//, '')}`,
        partitions: partitionsIn(memberAssignment, topic),
      })),
    )
  } catch (error) {
    throw new Error(`group ${groupId} cannot be asked about: ${sentenceOf(error)}`, { cause: error })
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

/** Empty while the group rebalances. */
const partitionsIn = (assignment: Buffer, topic: string): readonly number[] =>
  assignment.length === 0 ? [] : (AssignerProtocol.MemberAssignment.decode(assignment)?.assignment[topic] ?? [])
