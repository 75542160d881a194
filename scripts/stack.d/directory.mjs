import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { launch } from './process.mjs'

/** The caller's directory, which stays; or a temporary one, which `remove` deletes. */
export function ownDirectory(name, dir) {
  if (dir !== undefined) {
    mkdirSync(dir, { recursive: true })
    return { path: resolve(dir), temporary: false, remove: () => {} }
  }
  const path = mkdtempSync(join(tmpdir(), `tidemark-${name}-`))
  return { path, temporary: true, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Starts a server in `home`. A temporary home goes when the server is stopped; not when it is killed: it may come back. */
export async function launchIn(home, settings) {
  try {
    const server = await launch({ ...settings, dir: home.path })
    const stop = async () => {
      await server.stop()
      home.remove()
    }
    return { ...server, stop }
  } catch (error) {
    home.remove()
    throw error
  }
}

/** Starts several servers in `home`; when `work` fails, those it had started are stopped. */
export async function launchTogether(home, { onLaunch, ...options }, work) {
  const launched = []
  const remember = server => {
    launched.push(server)
    onLaunch?.(server)
  }
  try {
    return await work({ ...options, onLaunch: remember })
  } catch (error) {
    await Promise.all(launched.map(server => server.kill()))
    home.remove()
    throw error
  }
}
