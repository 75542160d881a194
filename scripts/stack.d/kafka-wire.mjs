import { connect } from 'node:net'

// Just enough of Kafka's protocol to ask whether a broker serves, without a client library: these scripts also run
// before `npm ci`. https://kafka.apache.org/protocol
const METADATA = { key: 3, version: 5 }
const FIND_COORDINATOR = { key: 10, version: 1 }
const GROUP = 0
const TRANSACTION = 1
const TIMEOUT_MS = 5000

const int16 = value => Buffer.from([value >> 8, value & 0xff])
const int32 = value => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const string = text => Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)])

/** One request; the reply's body, that is what follows the correlation id. */
function ask(port, api, body) {
  const header = Buffer.concat([int16(api.key), int16(api.version), int32(1), string('stack')])
  const request = Buffer.concat([int32(header.length + body.length), header, body])
  return new Promise((answered, failed) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: TIMEOUT_MS }, () => socket.write(request))
    let reply = Buffer.alloc(0)
    socket.on('data', chunk => {
      reply = Buffer.concat([reply, chunk])
      if (reply.length < 4 || reply.length < 4 + reply.readInt32BE(0)) return
      socket.destroy()
      answered(reply.subarray(8))
    })
    socket.on('timeout', () => socket.destroy(new Error(`127.0.0.1:${port} does not answer`)))
    socket.on('error', failed)
    socket.on('close', () => failed(new Error(`127.0.0.1:${port} closed the connection`)))
  })
}

/** How many brokers this broker knows to be alive. Reply: throttle int32, brokers array… */
export async function brokerCount(port) {
  const noTopics = int32(0)
  const noAutoCreate = Buffer.from([0])
  const reply = await ask(port, METADATA, Buffer.concat([noTopics, noAutoCreate]))
  return reply.readInt32BE(4)
}

/** True when groups and transactions have coordinators; the first to ask makes their topics. Reply: throttle int32, error int16… */
export async function coordinatorsAnswer(port) {
  for (const kind of [GROUP, TRANSACTION]) {
    const reply = await ask(port, FIND_COORDINATOR, Buffer.concat([string('stack'), Buffer.from([kind])]))
    const error = reply.readInt16BE(4)
    if (error !== 0) throw new Error(`FindCoordinator answers error ${error}`)
  }
  return true
}
