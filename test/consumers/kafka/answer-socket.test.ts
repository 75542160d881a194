import { type Server, type Socket, createServer as tcpServer } from 'node:net'
import { createServer as tlsServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { type AnswerMemory, answerSockets, lentMemory, ownMemory } from '../../../src/consumers/kafka/answer-socket.ts'
import { createRandom } from '../../support/random.ts'

/** Of localhost, for nobody else. */
const CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1O3OGS7arrqqoNbq
VtvSCvs+NHbQZfsUGkho8QrXASihRANCAARsbOT89nEU33MGqW2VyeDehkQa3WXO
ZJcRzrbjXjSWAS2eeNf3JF9+JftDThe0Lfvod/XNzGAAXhrxdRhvRVFC
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUdV9NIna3okLwh5bm390K8BdlK3EwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjA5MDI0MFoYDzIxMjYxMDI5
MDkwMjQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARsbOT89nEU33MGqW2VyeDehkQa3WXOZJcRzrbjXjSWAS2eeNf3JF9+
JftDThe0Lfvod/XNzGAAXhrxdRhvRVFCo28wbTAdBgNVHQ4EFgQUuf3wchhx9Usd
zyfktP74Gci6avUwHwYDVR0jBBgwFoAUuf3wchhx9UsdzyfktP74Gci6avUwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgeCd2FXxrdDd6fs+fA0VZ3pnFW+v5rw31KwC514K2pJMCIGlm
nnqLYL5WB7PhNZ7qslklJqlJPzcLkupJd2/yKVtP
-----END CERTIFICATE-----`,
}

const opened: { server: Server; sockets: Set<Socket> }[] = []
afterEach(() => {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

/** A server that writes these pieces, one after the other as they leave, and then ends the connection. */
const serverOf = async (pieces: readonly Buffer[], secure: boolean): Promise<number> => {
  const sockets = new Set<Socket>()
  const serve = (socket: Socket): void => {
    sockets.add(socket)
    const next = (i: number): void => {
      if (i === pieces.length) socket.end()
      else socket.write(pieces[i], () => setImmediate(next, i + 1))
    }
    next(0)
  }
  const server = secure ? tlsServer(CERTIFICATE, serve) : tcpServer({ noDelay: true }, serve)
  opened.push({ server, sockets })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const receive = async (port: number, secure: boolean, memory: AnswerMemory = ownMemory): Promise<readonly Buffer[]> => {
  const ssl = secure ? { ca: CERTIFICATE.cert } : undefined
  // kafkajs gives undefined where its type says that it never does
  const socket = answerSockets(memory)({ host: '127.0.0.1', port, ssl: ssl as object, onConnect: () => {} })
  const answers: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    socket
      .on('data', answer => answers.push(answer))
      .on('end', resolve)
      .on('error', reject)
  })
  return answers
}

const answerOf = (size: number, fill: number): Buffer => {
  const answer = Buffer.alloc(4 + size, fill)
  answer.writeInt32BE(size)
  return answer
}

/** Cut into pieces of up to `most` bytes, without regard to where answers end. */
const cut = (bytes: Buffer, most: number, seed: number): readonly Buffer[] => {
  const random = createRandom(seed)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(most)
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

const base64 = (bytes: Buffer): string => bytes.toString('base64')

describe.each([
  ['plain', false],
  ['TLS', true],
])('a %s socket', (_, secure) => {
  test('hands over each answer whole, however its bytes come', async () => {
    const answers = [8, 4, 300, 70_000, 5, 200_000, 4, 4].map((size, i) => answerOf(size, i + 1))
    const bytes = Buffer.concat(answers)
    for (const pieces of [[bytes], cut(bytes, 60_000, 1), cut(bytes.subarray(0, 60), 3, 2)]) {
      const whole = answers.filter((_, i) => Buffer.concat(answers.slice(0, i + 1)).length <= Buffer.concat(pieces).length)
      const received = await receive(await serverOf(pieces, secure), secure)
      // as text: comparing buffers element by element takes seconds
      expect(received.map(base64)).toEqual(whole.map(base64))
    }
  })
})

describe('a socket', () => {
  test.each([3, -1, 0x15030300])('to something that announces %i bytes fails', async size => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(size)
    await expect(receive(await serverOf([length], false), false)).rejects.toThrow(
      /announces an answer of .* does not speak Kafka/,
    )
  })
})

describe('lent memory', () => {
  const start = (bytes: Buffer): string => `${bytes.byteOffset} of ${memoryNumber(bytes.buffer)}`
  const known: ArrayBufferLike[] = []
  const memoryNumber = (buffer: ArrayBufferLike): number => {
    if (!known.includes(buffer)) known.push(buffer)
    return known.indexOf(buffer)
  }

  test('a lent answer is left alone until four others have been lent', () => {
    const { memory, lendNext } = lentMemory()
    const starts = [0, 1, 2, 3, 4, 5, 6, 7].map(() => {
      lendNext()
      return start(memory(100_000))
    })
    expect(new Set(starts.slice(0, 4)).size).toBe(4)
    expect(starts.slice(4)).toEqual(starts.slice(0, 4))
  })

  test('answers that nobody asked to be lent, and small ones, have memory of their own and take no turn', () => {
    const { memory, lendNext } = lentMemory()
    lendNext()
    const first = start(memory(100_000))
    const others = [start(memory(100_000)), start(memory(500_000))]
    lendNext()
    others.push(start(memory(100)), start(memory(100_000)))
    const turns = [1, 2, 3].map(() => {
      lendNext()
      return start(memory(90_000))
    })
    expect(new Set([first, ...others, ...turns]).size).toBe(8)
    lendNext()
    expect(start(memory(100_000))).toBe(first)
  })

  test('grows where an answer is larger', () => {
    const { memory, lendNext } = lentMemory()
    for (let i = 0; i < 8; i++) {
      lendNext()
      expect(memory(100_000 * (i + 1))).toHaveLength(100_000 * (i + 1))
    }
  })
})
