import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { stackDir } from './paths.mjs'
import { addresses, DEFAULT, down, install, isUp, servers, up } from './stack.mjs'
import { readState } from './state.mjs'
import { binary, tools } from './tools.mjs'

const HELP = `scripts/stack: real servers for tests, without Docker (Debian; root or sudo for missing packages)

  up [NAME…] [--brokers N] [--prometheus-config FILE]
                   install what is missing and start; without names: ${DEFAULT.join(' ')}
  install [NAME…]  only fetch
  down [NAME…]     stop and delete the data; without names: everything
  status           what is up; exit 1 if something that was started is not
  logs [NAME] [-f] the last lines
  env              shell lines with the addresses: eval "$(scripts/stack env)"

Names: ${Object.keys(servers).join(' ')} tools
Set TIDEMARK_STACK_DIR for a second stack, TIDEMARK_STACK_CACHE for another place to keep downloads.
`

const report = (name, line) => process.stderr.write(`${name.padEnd(14)} ${line}\n`)
const plural = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`

const commands = {
  up: async (names, flags) => {
    const options = {
      ...(flags.brokers === undefined ? {} : { kafka: { brokers: countOf(flags.brokers) } }),
      ...(flags['prometheus-config'] === undefined ? {} : { prometheus: { configFile: resolve(flags['prometheus-config']) } }),
    }
    const began = performance.now()
    const started = await up(checked(names, DEFAULT), { report, options })
    if (started.length > 0)
      report('stack', `${plural(started.length, 'server')} started in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  },
  install: names => install(checked(names, DEFAULT), report),
  down: async names => {
    const stopped = await down(checked(names, []), { report })
    if (stopped.length === 0) report('stack', 'nothing was up')
  },
  status: async () => {
    const entries = Object.entries(readState())
    for (const [name, entry] of entries) {
      const pids = entry.processes.map(process => process.pid).join(' ')
      console.log(`${name.padEnd(14)} ${isUp(entry) ? 'up  ' : 'dead'} ${entry.address ?? '(never ready)'} (pid ${pids})`)
    }
    if (entries.length === 0) console.log('nothing is up')
    if (!entries.every(([, entry]) => isUp(entry))) process.exitCode = 1
  },
  logs: async (names, flags) => {
    const chosen = checked(names, Object.keys(readState()))
    const files = chosen.flatMap(name => (readState()[name]?.processes ?? []).map(process => process.log))
    const fallback = chosen.map(name => join(stackDir, 'logs', `${name}.log`))
    const present = (files.length > 0 ? files : fallback).filter(file => existsSync(file))
    if (present.length === 0) throw new Error(`no logs in ${join(stackDir, 'logs')}`)
    spawn('tail', ['-n', '40', ...(flags.follow ? ['-F'] : []), '--', ...present], { stdio: 'inherit' })
  },
  env: async () => {
    for (const [name, address] of Object.entries(addresses())) console.log(`export ${servers[name].variable}=${quoted(address)}`)
    for (const [name, { variable }] of Object.entries(tools)) {
      try {
        console.log(`export ${variable}=${quoted(binary(name))}`)
      } catch (error) {
        report(name, error.message)
      }
    }
  },
  help: async () => console.log(HELP),
}

function checked(names, whenNone) {
  const unknown = names.filter(name => name !== 'tools' && !Object.hasOwn(servers, name))
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(' ')} (there are: ${Object.keys(servers).join(' ')} tools)`)
  return names.length > 0 ? names : whenNone
}

function countOf(text) {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 9) return count
  throw new Error(`--brokers ${text}: a number from 1 to 9 is meant`)
}

const quoted = text => `'${text.replaceAll("'", "'\\''")}'`

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      brokers: { type: 'string' },
      'prometheus-config': { type: 'string' },
      follow: { type: 'boolean', short: 'f' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [command = 'help', ...names] = values.help ? [] : positionals
  if (!Object.hasOwn(commands, command)) throw new Error(`unknown command ${command}; scripts/stack help lists them`)
  await commands[command](names, values)
} catch (error) {
  process.stderr.write(`scripts/stack: ${error.message}\n`)
  process.exitCode = 1
}
