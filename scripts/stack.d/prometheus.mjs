import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { launchIn, ownDirectory } from './directory.mjs'
import { answers } from './http.mjs'
import { binary } from './tools.mjs'
import { freePort } from './wait.mjs'

const SCRAPE_LOCAL_TIDEMARK = `global:
  scrape_interval: 1s
scrape_configs:
  - job_name: tidemark
    static_configs:
      - targets: ['127.0.0.1:9464']
`

const NOTIFY_NOBODY = `route:
  receiver: nobody
receivers:
  - name: nobody
`

/** `config` is the text of the file; `configFile` a file, whose relative paths then hold. */
export const startPrometheus = ({ config = SCRAPE_LOCAL_TIDEMARK, ...options } = {}) =>
  start('prometheus', { config, ...options }, ({ file, path, address }) => [
    ...[`--config.file=${file}`, `--storage.tsdb.path=${path}/data`, `--web.listen-address=${address}`],
    ...['--web.enable-lifecycle', '--web.enable-admin-api', '--log.level=warn'],
  ])

export const startAlertmanager = ({ config = NOTIFY_NOBODY, ...options } = {}) =>
  start('alertmanager', { config, ...options }, ({ file, path, address }) => [
    ...[`--config.file=${file}`, `--storage.path=${path}/data`, `--web.listen-address=${address}`],
    '--cluster.listen-address=',
  ])

export const startPushgateway = (options = {}) =>
  start('pushgateway', { config: '', ...options }, ({ address }) => [`--web.listen-address=${address}`])

async function start(name, { config, configFile, port, dir, args = [], ...options }, argsOf) {
  const home = ownDirectory(name, dir)
  const chosen = port ?? (await freePort())
  const file = configFile === undefined ? join(home.path, `${name}.yml`) : resolve(configFile)
  if (configFile === undefined) writeFileSync(file, config)
  const url = `http://127.0.0.1:${chosen}`
  return launchIn(home, {
    ...options,
    name,
    port: chosen,
    url,
    command: binary(name),
    args: [...argsOf({ file, path: home.path, address: `127.0.0.1:${chosen}` }), ...args],
    ready: () => answers(`${url}/-/ready`),
  })
}
