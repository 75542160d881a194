import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Makes the metrics of one registry, all under the prefix of the process family. */
export type Meters = ReturnType<typeof createMeters>

export const createMeters = (registry: Registry) => {
  const registers = [registry]
  return {
    counter: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Counter({ name: `tidemark_process_${name}`, help, labelNames, registers }),
    gauge: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Gauge({ name: `tidemark_process_${name}`, help, labelNames, registers }),
    /** A gauge whose values are made at the scrape. */
    gaugeAtScrape: <L extends string>(name: string, help: string, labelNames: readonly L[], collect: (gauge: Gauge<L>) => void) =>
      new Gauge({
        name: `tidemark_process_${name}`,
        help,
        labelNames,
        registers,
        collect() {
          this.reset()
          collect(this)
        },
      }),
    seconds: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Histogram({ name: `tidemark_process_${name}_seconds`, help, labelNames, registers, buckets: CALL_SECONDS }),
  }
}
