import { which } from './process.mjs'

/** Programs that tests run themselves; the variable overrides what is on the PATH. */
export const tools = {
  prometheus: { variable: 'PROMETHEUS_BIN', command: 'prometheus', debian: 'prometheus' },
  promtool: { variable: 'PROMTOOL_BIN', command: 'promtool', debian: 'prometheus' },
  alertmanager: { variable: 'ALERTMANAGER_BIN', command: 'prometheus-alertmanager', debian: 'prometheus-alertmanager' },
  pushgateway: { variable: 'PUSHGATEWAY_BIN', command: 'prometheus-pushgateway', debian: 'prometheus-pushgateway' },
  chromium: { variable: 'CHROMIUM_BIN', command: 'chromium', debian: 'chromium' },
  dockerCompose: { variable: 'DOCKER_COMPOSE_BIN', command: 'docker-compose', debian: 'docker-compose' },
}

/** The program's path; throws what to do when it is missing. */
export function binary(name) {
  const { variable, command, debian } = tools[name]
  const path = process.env[variable] || which(command)
  if (path) return path
  throw new Error(
    `${command} is missing: run \`scripts/stack install tools\` (Debian package ${debian}), or name it in ${variable}`,
  )
}

/** The Debian packages of the named programs that neither a variable nor the PATH provides. */
export const packagesOf = names =>
  names.filter(name => !process.env[tools[name].variable] && !which(tools[name].command)).map(name => tools[name].debian)
