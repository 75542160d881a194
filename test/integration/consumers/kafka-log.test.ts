import { FETCH_MAX_BYTES } from '../../consumers/contract/bench.ts'
import { logContract } from '../../consumers/log-contract.ts'
import { newClient, newLog, newPrefix } from './kafka-support.ts'

logContract('the log on Kafka', async () => {
  const impatient = { retry: { initialRetryTime: 50, retries: 5 } }
  const log = newLog({ fetchMaxBytes: FETCH_MAX_BYTES }, impatient)
  const other = newLog({ fetchMaxBytes: FETCH_MAX_BYTES }, impatient)
  const admin = newClient().admin()
  await admin.connect()
  return {
    log,
    other,
    prefix: newPrefix(),
    deleteRecords: async ({ topic, partition }, beforeOffset) => {
      await admin.fetchTopicOffsets(topic) // kafkajs deletes only in topics whose metadata it has
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(beforeOffset) }] })
    },
    deleteTopic: name => admin.deleteTopics({ topics: [name] }),
    addPartitions: async (topic, count) => void (await admin.createPartitions({ topicPartitions: [{ topic, count }] })),
    close: async () => {
      await Promise.all([log.close(), other.close()])
      await admin.disconnect()
    },
  }
})
