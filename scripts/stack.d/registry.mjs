import { join } from 'node:path'
import { launchIn, ownDirectory } from './directory.mjs'
import { answers } from './http.mjs'
import { ensureMaven } from './maven.mjs'
import { SHORT_LIVED_JVM } from './process.mjs'
import { freePort } from './wait.mjs'

const VERSION = '2.6.13.Final'
const distribution = {
  name: `apicurio-registry-${VERSION}`,
  goal: 'unpack-dependencies',
  dependencies: [
    { group: 'io.apicurio', artifact: 'apicurio-registry-app', version: VERSION, type: 'tar.gz', classifier: 'all', alone: true },
  ],
}

export const fetchRegistry = report => ensureMaven(distribution, report)

/** Apicurio, schemas in memory; its `url` speaks Confluent's API. */
export async function startRegistry({ port, dir, args = [], report = () => {}, ...options } = {}) {
  const app = await fetchRegistry(report)
  const home = ownDirectory('registry', dir)
  const chosen = port ?? (await freePort())
  const url = `http://127.0.0.1:${chosen}/apis/ccompat/v7`
  return launchIn(home, {
    ...options,
    name: 'registry',
    port: chosen,
    url,
    command: 'java',
    args: [
      ...['-Xmx384m', ...SHORT_LIVED_JVM],
      `-Dquarkus.http.port=${chosen}`,
      '-Dquarkus.http.host=127.0.0.1',
      ...args,
      '-jar',
      join(app, `apicurio-registry-app-${VERSION}-runner.jar`),
    ],
    ready: () => answers(`${url}/subjects`),
  })
}
