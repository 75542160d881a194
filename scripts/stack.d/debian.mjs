import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir } from './paths.mjs'
import { run, which } from './process.mjs'
import { withLock } from './wait.mjs'

const isInstalled = name => {
  try {
    const answer = execFileSync('dpkg', ['-s', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return answer.includes('\nStatus: install ok installed\n')
  } catch {
    return false
  }
}

/** Installs the Debian packages of `names` that are missing, without starting their services. */
export async function ensureDebian(names, report) {
  if (names.every(isInstalled)) return
  await withLock(join(cacheDir, 'apt.lock'), async () => {
    const missing = names.filter(name => !isInstalled(name))
    if (missing.length === 0) return
    const root = process.getuid() === 0
    if (!which('apt-get'))
      throw new Error(`these commands come from Debian packages, and there is no apt-get: ${missing.join(' ')}`)
    if (!root && !which('sudo')) throw new Error(`needs root: apt-get install -y ${missing.join(' ')}`)
    report(`installing ${missing.join(' ')}`)
    mkdirSync(cacheDir, { recursive: true })
    const script = join(import.meta.dirname, 'apt-install.sh')
    const line = [...(root ? [] : ['sudo', '-n']), 'sh', script, ...missing]
    await run(line[0], line.slice(1), { log: join(cacheDir, `apt-${process.pid}.log`) }).catch(error => {
      throw new Error(`the Debian packages ${missing.join(' ')} could not be installed: ${error.message}`)
    })
  })
}
