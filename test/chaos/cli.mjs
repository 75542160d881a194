import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'

/** `npm run test:chaos -- --minutes N`: random faults for so long, then the verdict. Exit 1 when anything differs. */
const OPTIONS = {
  minutes: { type: 'string', default: '5' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
  faults: { type: 'string', default: '' },
  brokers: { type: 'string', default: '3' },
  processes: { type: 'string', default: '3' },
  rate: { type: 'string', default: '300' },
  'redis-cluster': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}
const USAGE = `npm run test:chaos -- [--minutes 5] [--seed N] [--faults kill,freeze] [--brokers 3] [--processes 3] [--rate 300] [--redis-cluster]

Random faults for so many minutes, on servers of its own, then the verdict. Without --faults, all that these servers can have.
The same seed draws the same faults and events; when they meet is the machine's choice.
`

const given = parseArgs({ options: OPTIONS }).values
if (given.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const vitest = spawn('npx', ['vitest', 'run', '--project', 'chaos', '--disable-console-intercept'], {
  stdio: 'inherit',
  env: { ...process.env, TIDEMARK_CHAOS: JSON.stringify(given) },
})
vitest.on('exit', code => process.exit(code ?? 1))
