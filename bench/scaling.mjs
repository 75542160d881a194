// What grows with the number of series, features and windows, with the size of a sliding window, what the fence costs, and memory.
// npm run bench:scaling [-- AXIS…]   axes: series features windows sliding fence memory; about seven minutes for all
import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = new URL('./scaling/', import.meta.url).pathname
const AXES = ['series', 'features', 'windows', 'sliding', 'fence', 'memory']

const lines = async (...args) => {
  const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 24 })
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))
}

const table = (head, rows) => {
  const line = cells => `| ${cells.join(' | ')} |`
  console.log([line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'))
  console.log()
}

const digits = value => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : String(Math.round(value)))
const times = (value, base) => `${digits(value)} (x${(value / base).toFixed(2)})`

const stages = async axis => {
  const found = await lines(`${here}stages.mjs`, axis)
  const [least] = found
  table(
    [axis === 'sliding' ? 'size / step' : axis, 'an event read: µs', 'a pane stored: µs', 'a window fired: µs'],
    found.map(({ size, ...cost }) => [
      size.toLocaleString('en'),
      ...['eventMicros', 'paneMicros', 'windowMicros'].map(name => times(cost[name], least[name])),
    ]),
  )
}

const fence = async () => {
  const found = await lines(`${here}fence.mjs`)
  table(
    ['active series', 'without checkpoints: CPU µs an event', 'with', 'CPU', 'wall time', 'CPU of Redis, of it'],
    found.map(({ size, off, on }) => [
      size.toLocaleString('en'),
      digits(off.cpuMicros),
      digits(on.cpuMicros),
      `x${(on.cpuMicros / off.cpuMicros).toFixed(2)}`,
      `x${(on.wallMicros / off.wallMicros).toFixed(2)}`,
      `${((100 * on.redisMicros) / on.cpuMicros).toFixed(1)} %`,
    ]),
  )
}

const kib = bytes => `${(bytes / 1024).toFixed(1)} KiB`

const memory = async () => {
  const [found] = await lines('--expose-gc', `${here}memory.mjs`)
  table(
    ['two open panes, 25 features', 'a series'],
    [
      ['process, both take events', kib(found.bothTaking)],
      ['process, the older one waits for stragglers', kib(found.oneTaking)],
      ['Redis', kib(found.redis)],
    ],
  )
}

const asked = process.argv.slice(2)
for (const axis of asked.length > 0 ? asked : AXES) {
  if (!AXES.includes(axis)) throw new Error(`no axis ${axis}: ${AXES.join(', ')}`)
  if (axis === 'fence') await fence()
  else if (axis === 'memory') await memory()
  else await stages(axis)
}
console.log(`${cpus().length} x ${cpus()[0].model}, Node ${process.version}`)
