// What left to the topic of windows, and when.
import { codecs } from '../../dist/events/avro/codec.js'
import { FRAME_BYTES } from '../../dist/events/avro/frame.js'

/** Every published result of all traffic: model, window end, samples, and the record's time. */
export const readWindows = async (log, topic) => {
  const read = []
  for (let partition = 0; partition < (await log.partitionCount(topic)); partition++) {
    const reader = await log.reader({ topic, partition })
    const { highOffset } = await reader.range()
    for (let offset = 0; offset < highOffset; ) {
      const fetched = await reader.fetch(offset)
      if (fetched.kind !== 'records') throw new Error(JSON.stringify(fetched))
      for (const { bytes, valueStarts, valueEnds, timestampsMs, count } of fetched.blocks)
        for (let i = 0; i < count; i++) {
          const { id, model, version, end, samples } = codecs.windowResult.decode(
            bytes.subarray(valueStarts[i] + FRAME_BYTES, valueEnds[i]),
          )
          if (version === '*') read.push({ id, model, endMs: new Date(end).getTime(), samples, atMs: timestampsMs[i] })
        }
      offset = fetched.nextOffset()
    }
    await reader.close()
  }
  return read
}

/**
 * `gapMs`: between the firings of two consecutive windows of a model. `latenessMs`: from a window's close (its end and the bound
 * of disorder) to its publication. `worst` of those published in an interval.
 */
export const firings = (results, outOfOrdernessMs) => {
  const first = new Map()
  for (const { id, model, endMs, atMs } of results) {
    const known = first.get(id)
    if (known === undefined || atMs < known.atMs) first.set(id, { model, endMs, atMs })
  }
  const sorted = [...first.values()].sort((a, b) => (a.model < b.model ? -1 : a.model > b.model ? 1 : a.endMs - b.endMs))
  return sorted.flatMap((one, i) => {
    const before = sorted[i - 1]
    if (before?.model !== one.model) return []
    return [{ atMs: one.atMs, gapMs: one.atMs - before.atMs, latenessMs: one.atMs - one.endMs - outOfOrdernessMs }]
  })
}

export const worst = (fired, fromMs, toMs) => {
  const within = fired.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  return {
    gapMs: Math.max(...within.map(({ gapMs }) => gapMs)),
    latenessMs: Math.max(...within.map(({ latenessMs }) => latenessMs)),
  }
}

/** The middle of what is published in an interval. */
export const usual = (fired, fromMs, toMs) => {
  const within = fired.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  const middle = values => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
  return { gapMs: middle(within.map(({ gapMs }) => gapMs)), latenessMs: middle(within.map(({ latenessMs }) => latenessMs)) }
}
