import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir } from './paths.mjs'
import { run } from './process.mjs'
import { withLock } from './wait.mjs'

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'
// 16 at once: Kafka's 46 jars take 8 s instead of 38 s with Maven's 5.
const SETTINGS = [
  '-B',
  '-q',
  '-Dmaven.artifact.threads=16',
  '-Daether.connector.connectTimeout=20000',
  '-Daether.connector.requestTimeout=60000',
]
const ATTEMPTS = 2
const ATTEMPT_TIMEOUT_MS = 15 * 60_000

const dependency = ({ group, artifact, version, type = 'jar', classifier, alone }) => `<dependency>
  <groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version><type>${type}</type>
  ${classifier ? `<classifier>${classifier}</classifier>` : ''}
  ${alone ? '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>' : ''}
</dependency>`

const pom = dependencies => `<project>
<modelVersion>4.0.0</modelVersion>
<groupId>tidemark</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
${dependencies.map(dependency).join('\n')}
</dependencies>
</project>
`

/**
 * Fetches artifacts from Maven Central into `<cache>/<name>` (unless they are there) and returns that folder.
 * `goal`: `copy-dependencies` (jars as they are) or `unpack-dependencies` (archives opened).
 */
export async function ensureMaven({ name, goal, dependencies }, report) {
  const target = join(cacheDir, name)
  if (existsSync(target)) return target
  return withLock(join(cacheDir, `${name}.lock`), async () => {
    if (existsSync(target)) return target
    report(`fetching ${name} from Maven Central`)
    // A repository of its own: Maven 3 does not guard ~/.m2 against a second Maven.
    const work = join(cacheDir, `${name}.partial`)
    const log = join(cacheDir, `${name}.log`)
    mkdirSync(work, { recursive: true })
    writeFileSync(join(work, 'pom.xml'), pom(dependencies))
    const args = [
      ...SETTINGS,
      `-Dmaven.repo.local=${work}/m2`,
      '-f',
      `${work}/pom.xml`,
      `${PLUGIN}:${goal}`,
      `-DoutputDirectory=${work}/out`,
    ]
    for (let attempt = 1; ; attempt++) {
      try {
        await run('mvn', args, { log, timeoutMs: ATTEMPT_TIMEOUT_MS })
        break
      } catch (error) {
        if (attempt < ATTEMPTS) continue // what has arrived is kept
        throw new Error(
          `${name} could not be fetched from Maven Central in ${ATTEMPTS} attempts; run the command again: ${error.message}`,
        )
      }
    }
    renameSync(join(work, 'out'), target)
    rmSync(work, { recursive: true, force: true })
    return target
  })
}
