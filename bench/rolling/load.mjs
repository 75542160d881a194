// Events at a steady rate, their time the clock's, to every partition in turn.
import { setTimeout as sleep } from 'node:timers/promises'
import { createTopicEncoder } from '../../dist/events/avro/topic-encoder.js'
import { PREDICTION_DEFAULTS } from '../../dist/events/prediction-defaults.js'

const TICK_MS = 100

export const startLoad = async ({ log, schemas, topic, partitions, models, eventsPerSecond }) => {
  const encode = await createTopicEncoder('prediction', topic, schemas)
  const writer = await log.writer()
  let published = 0
  let running = true
  const event = (time, i) => ({
    key: null,
    partition: i % partitions,
    value: encode({
      ...PREDICTION_DEFAULTS,
      id: `e${published++}`,
      time,
      model: models[Math.floor(i / partitions) % models.length],
      version: '1',
      latencyMs: 20,
      prediction: 0.5,
    }),
  })
  const done = (async () => {
    let sent = 0
    for (const startedMs = Date.now(); running; ) {
      const due = Math.floor(((Date.now() - startedMs) / 1000) * eventsPerSecond)
      const nowMs = Date.now()
      await writer.append(
        topic,
        Array.from({ length: due - sent }, (_, i) => event(nowMs, sent + i)),
      )
      sent = due
      await sleep(TICK_MS)
    }
  })()
  return {
    published: () => published,
    stop: async () => {
      running = false
      await done
      await writer.close()
    },
  }
}
