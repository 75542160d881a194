import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stackDir } from './paths.mjs'

const path = join(stackDir, 'state.json')

/** `{ kafka: { address?, options, processes } }`; without an address, a start that was not finished. */
export function readState() {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw new Error(`${path} cannot be read (${error.message}); end the processes it names and delete it`)
  }
}

export function writeState(state) {
  mkdirSync(stackDir, { recursive: true })
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(`${path}.new`, path)
}
