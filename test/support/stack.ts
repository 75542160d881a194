import { inject } from 'vitest'

/** Where the real servers of this run are; made by test/integration/global-setup.ts. */
export type Stack = Readonly<{
  kafkaBrokers: string[]
  registryUrl: string
  redisUrl: string
  elasticsearchUrl: string
  prometheusBin: string
  promtoolBin: string
  alertmanagerBin: string
  pushgatewayBin: string
  chromiumBin: string
  dockerComposeBin: string
}>

declare module 'vitest' {
  interface ProvidedContext {
    stack: Stack
  }
}

export const stack = (): Stack => inject('stack')
