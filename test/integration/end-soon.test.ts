import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const END_SOON = new URL('../../dist/end-soon.js', import.meta.url).href
const LINGERING = `
import { createServer } from 'node:net'
import { endSoon } from '${END_SOON}'
const linger = () => new Promise(resolve => createServer().listen(0, resolve))
`

/** Ends a Node process with what `code` prints; one that does not end by itself is killed, which fails. */
const printed = async (code: string): Promise<string> => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', LINGERING + code], { timeout: 30_000 })
  return stdout
}

it('ends a process that something keeps alive, with its exit code', async () => {
  const ending = printed(`await linger(); process.exitCode = 3; console.log('all is stopped'); endSoon()`)
  await expect(ending).rejects.toMatchObject({ code: 3, killed: false, stdout: 'all is stopped\n' })
})

it('ends a thread that something keeps alive, after its last message, and not the process', async () => {
  const worker = `${LINGERING} import { parentPort } from 'node:worker_threads'
    await linger(); parentPort.postMessage('last'); parentPort.close(); endSoon()`
  const main = `import { Worker } from 'node:worker_threads'
    const thread = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(worker)})))
    thread.on('message', said => console.log(said))
    thread.on('exit', () => console.log('the thread has ended'))`
  expect(await printed(main)).toBe('last\nthe thread has ended\n')
})
