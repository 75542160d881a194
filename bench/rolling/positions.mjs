// What the processes of bench/rolling-restart.mjs say of their partitions.
const LOOK_MS = 50
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/** Samples of a gauge or counter that partitions have, by partition. */
export const byPartition = (page, name) =>
  new Map(
    [...page.matchAll(new RegExp(`^${name}\\{[^}]*partition="(\\d+)"[^}]*\\} (\\S+)$`, 'gm'))].map(([, partition, value]) => [
      Number(partition),
      Number(value),
    ]),
  )

/** How far each partition was read, as seen last by looking often at every process. */
export const watchPositions = processes => {
  const positions = new Map()
  let watching = true
  const done = (async () => {
    while (watching) {
      for (const running of processes().filter(one => one.isAlive())) {
        const page = await running.page().catch(() => '')
        for (const [partition, position] of byPartition(page, 'tidemark_process_partition_position'))
          positions.set(partition, Math.max(position, positions.get(partition) ?? 0))
      }
      await sleep(LOOK_MS)
    }
  })()
  return {
    /** A copy, as of now. */
    now: () => new Map(positions),
    stop: async () => {
      watching = false
      await done
    },
  }
}
