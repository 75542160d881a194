import { isIP, type OnReadOpts, type Socket, connect as tcpConnect } from 'node:net'
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

/** Where an answer of `size` bytes, its length included, is put. */
export type AnswerMemory = (size: number) => Buffer

const KEEP_ALIVE_MS = 60_000
const LENGTH_BYTES = 4
/** Brokers neither take nor send anything near; what claims more is no broker (a TLS alert reads as 350 MB). */
const MAX_ANSWER_BYTES = 1 << 28

export const ownMemory: AnswerMemory = size => Buffer.allocUnsafeSlow(size)

/**
 * Sockets that read each answer straight into the memory where it stays, and hand it over whole. kafkajs's own take 64 KB of
 * new memory at each read and join them: walking a topic cost 1.4 us a record of 379 bytes that way and 0.55 us this way, two
 * thirds of the difference for collecting garbage, as several answers of a megabyte outlive every young collection.
 */
export const answerSockets =
  (memory: AnswerMemory): ISocketFactory =>
  ({ host, port, ssl, onConnect }) => {
    const length = Buffer.allocUnsafeSlow(LENGTH_BYTES)
    let target: Buffer = length
    let filled = 0

    /** The length first, then the rest of the answer after it. */
    const arrived = (count: number): boolean => {
      filled += count
      if (filled < target.length) return true
      if (target === length) {
        const size = length.readInt32BE()
        if (!(size >= LENGTH_BYTES && size <= MAX_ANSWER_BYTES)) {
          socket.destroy(
            new Error(`${host}:${port} announces an answer of ${size} bytes: it does not speak Kafka's protocol here (TLS?)`),
          )
          return false
        }
        target = memory(LENGTH_BYTES + size)
        length.copy(target)
        return true
      }
      const answer = target
      target = length
      filled = 0
      socket.emit('data', answer)
      return true
    }

    const onread: OnReadOpts = { buffer: () => target.subarray(filled), callback: arrived }
    const socket = connect({ host, port, onread }, ssl, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    return socket
  }

type Place = Readonly<{ host: string; port: number; onread: OnReadOpts }>

/** `tls.connect` takes `onread` as `net.connect` does, though its types do not say so. */
const connect = (place: Place, ssl: ConnectionOptions | undefined, onConnect: () => void): Socket => {
  if (!ssl) return tcpConnect(place, onConnect)
  const servername = isIP(place.host) === 0 ? { servername: place.host } : {}
  return tlsConnect({ ...place, ...servername, ...ssl }, onConnect)
}

/** Answers that are lent stay as they are until so many more have been asked for: see PartitionReader. */
const LENT_ANSWERS = 4
/** Smaller answers (errors, the end of the log) have memory of their own. What is lent grows in such steps. */
const LENT_STEP_BYTES = 1 << 16

/** Memory of one connection: large answers that were asked for as lent share it in turn, others have their own. */
export const lentMemory = (): Readonly<{ memory: AnswerMemory; lendNext(): void }> => {
  const lent: Buffer[] = []
  let turn = 0
  let isNextLent = false
  return {
    lendNext: () => {
      isNextLent = true
    },
    memory: size => {
      const isLent = isNextLent && size >= LENT_STEP_BYTES
      isNextLent = false // whatever it was: an answer too many in memory of its own costs little, one too many lent is overwritten
      if (!isLent) return ownMemory(size)
      turn = (turn + 1) % LENT_ANSWERS
      if (lent[turn] === undefined || lent[turn].length < size)
        lent[turn] = ownMemory(Math.ceil(size / LENT_STEP_BYTES) * LENT_STEP_BYTES)
      return lent[turn].subarray(0, size)
    },
  }
}
