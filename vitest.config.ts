import { defineConfig } from 'vitest/config'

/**
 * Five suites, and one that runs as long as it is told to (`npm run test:chaos`). `unit`: pure code and the in-memory twins, no
 * server, under 30 s. `simulation`: thousands of histories of whole processes in virtual time. `demo`: whole days of the demo.
 * Both draw their seeds afresh. `data`: the real streams of TIDEMARK_DATA. `integration`: real servers, which the suite installs and starts itself (scripts/stack).
 */
/** Tests that look at whole simulated days. */
const DEMO = ['test/demo-days/**/*.test.ts', 'test/demo/{simulator,world,whole-day}.test.ts']

export default defineConfig({
  test: {
    // both cores: by default one is left to the watcher
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/data/**', 'test/chaos/**', 'test/simulation/**', ...DEMO, '**/node_modules/**'],
          testTimeout: 30_000,
          // modules are loaded once for all files: no test changes what another one imports
          sequence: { groupOrder: 0 },
          pool: 'threads',
          isolate: false,
        },
      },
      { test: { name: 'demo', sequence: { groupOrder: 1 }, include: DEMO, testTimeout: 600_000 } },
      {
        test: {
          name: 'simulation',
          sequence: { groupOrder: 1 },
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'data',
          sequence: { groupOrder: 1 },
          include: ['test/data/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // last and one by one: nothing else competes with the servers
          sequence: { groupOrder: 2 },
          fileParallelism: false,
        },
      },
      ...(process.env.TIDEMARK_CHAOS === undefined
        ? []
        : [
            {
              test: {
                name: 'chaos',
                include: ['test/chaos/**/*.test.ts'],
                globalSetup: ['test/integration/global-setup.ts'],
                hookTimeout: 180_000,
              },
            },
          ]),
    ],
  },
})
