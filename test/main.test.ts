import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { memoryIo } from '../src/commands/io.ts'
import { main } from '../src/main.ts'

const file = join(mkdtempSync(join(tmpdir(), 'tidemark-main-')), 'tidemark.yaml')
writeFileSync(file, 'namespace: shop')

const run = async (args: string, env: Readonly<Record<string, string>> = {}) => {
  const io = memoryIo(env)
  const code = await main(
    args.split(' ').filter(arg => arg !== ''),
    io,
  )
  return { code, out: io.out(), err: io.err() }
}

describe('help', () => {
  test('lists every command with what it is for', async () => {
    const { code, out, err } = await run('--help')
    expect([code, err]).toEqual([0, ''])
    for (const command of ['run', 'demo', 'replay', 'reference', 'validate', 'publish', 'schemas'])
      expect(out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'))
    expect(out).toContain('Exit codes: 0 good')
  })
  test('of a command lists its flags with their variables', async () => {
    const { code, out } = await run('validate --help')
    expect(code).toBe(0)
    expect(out.replaceAll(/\s+/g, ' ')).toContain('--http-port <n> port of /metrics, /livez and /readyz (TIDEMARK_HTTP_PORT)')
    expect(out).toContain('(default: "tidemark.yaml")')
  })
  test('never offers a flag for a secret', async () => expect((await run('run --help')).out).not.toContain('password'))
  test('comes, as wrong usage, where no command is given', async () => {
    const { code, err } = await run('')
    expect(code).toBe(64)
    expect(err).toContain('Usage: tidemark')
  })
})

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

describe('wrong usage exits with 64 and says what is wrong', () => {
  test.each([
    ['validat', "unknown command 'validat'", 'Did you mean validate?'],
    ['validate --htp-port 1', "unknown option '--htp-port'", 'Did you mean --http-port?'],
    ['validate extra', 'too many arguments', '--help'],
    ['validate --config', 'argument missing', '--help'],
    ['replay a.ndjson', "required option '-o, --out <dir>'", '--help'],
    ['replay a.ndjson --out d --partitions none', "argument 'none' is invalid", 'whole number'],
    ['reference', 'Usage: tidemark reference', 'build'],
    ['reference biuld', "unknown command 'biuld'", 'Did you mean build?'],
  ])('%s', async (args, message, hint) => {
    const { code, out, err } = await run(args)
    expect([code, out]).toEqual([64, ''])
    expect(err).toContain(message)
    expect(err).toContain(hint)
  })
})

describe('validate', () => {
  test('reads the file, the environment and the flags', async () => {
    const { code, out } = await run(`validate -c ${file} --kafka-brokers k:1,l:2`, { TIDEMARK_REDIS_URL: 'redis://r:1' })
    expect(code).toBe(0)
    expect(out).toContain('k:1, l:2')
    expect(out).toContain('redis://r:1')
    expect(out).toContain('shop')
  })
  test('exits with 78 where something is wrong', async () => {
    const { code, err } = await run(`validate -c ${file} --http-port x`)
    expect(code).toBe(78)
    expect(err).toContain('--http-port  http.port: "x" is not a whole number')
  })
})
