import { cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { launchIn, ownDirectory } from './directory.mjs'
import { answers } from './http.mjs'
import { ensureMaven } from './maven.mjs'
import { which } from './process.mjs'
import { freePorts } from './wait.mjs'

const VERSION = '8.19.7'
// The real server with its core modules: no data streams, no ILM, no ingest pipelines, no scripts, no `GET /`.
const distribution = {
  name: `elasticsearch-${VERSION}`,
  goal: 'unpack-dependencies',
  dependencies: [
    {
      group: 'org.elasticsearch.distribution.integ-test-zip',
      artifact: 'elasticsearch',
      version: VERSION,
      type: 'zip',
      alone: true,
    },
  ],
}

export const fetchElasticsearch = report => ensureMaven(distribution, report)

const settings = ({ port, transportPort, path }) => `cluster.name: tidemark-stack
discovery.type: single-node
network.host: 127.0.0.1
http.port: ${port}
transport.port: ${transportPort}
path.data: ${path}/data
path.logs: ${path}/logs
xpack.security.enabled: false
cluster.routing.allocation.disk.threshold_enabled: false
`

/** `port` and `dir` of a server that was killed bring it back with its data. */
export async function startElasticsearch({ port, dir, heapMb = 512, report = () => {}, ...options } = {}) {
  const home = join(await fetchElasticsearch(report), `elasticsearch-${VERSION}`)
  const own = ownDirectory('elasticsearch', dir)
  const [freshPort, transportPort] = await freePorts(2)
  const chosen = port ?? freshPort
  const config = join(own.path, 'config')
  if (!existsSync(config)) cpSync(join(home, 'config'), config, { recursive: true })
  for (const folder of ['data', 'logs', 'tmp']) mkdirSync(join(own.path, folder), { recursive: true })
  writeFileSync(join(config, 'elasticsearch.yml'), settings({ port: chosen, transportPort, path: own.path }))
  const url = `http://127.0.0.1:${chosen}`
  return launchIn(own, {
    ...options,
    name: 'elasticsearch',
    port: chosen,
    url,
    asNobody: process.getuid() === 0,
    command: join(home, 'bin/elasticsearch'),
    args: [],
    env: {
      ES_JAVA_HOME: process.env.ES_JAVA_HOME ?? dirname(dirname(realpathSync(which('java') ?? '/usr/bin/java'))),
      ES_JAVA_OPTS: `-Xms${heapMb}m -Xmx${heapMb}m`,
      ES_PATH_CONF: config,
      ES_TMPDIR: join(own.path, 'tmp'),
    },
    ready: () => answers(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`),
  })
}
