// A worker that does as it is told, for the tests of the pool: what it is given says what its nth start does.
import { parentPort, workerData } from 'node:worker_threads'

const { behaviour, worker } = workerData
const answers = {
  metrics: [{ name: 'starts', help: 'Starts.', type: 'counter', aggregator: 'sum', values: [{ labels: { worker }, value: 1 }] }],
  readiness: [{ name: 'redis', ok: behaviour !== 'down', reason: behaviour === 'down' ? 'ECONNREFUSED' : null }],
  alive: true,
}

if (behaviour === 'crash') throw new Error('it crashed')
if (behaviour === 'unusable' || behaviour === 'failed') {
  parentPort.postMessage({ how: behaviour })
  parentPort.close()
} else {
  parentPort.on('message', ({ kind, port }) => {
    if (kind === 'stop') {
      parentPort.postMessage({ how: 'stopped' })
      parentPort.close()
    } else if (behaviour === 'crash-when-asked') throw new Error('it crashed when asked')
    else if (behaviour !== 'silent') port.postMessage(answers[kind])
  })
}
