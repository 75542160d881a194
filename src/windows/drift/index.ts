import type { DriftTest } from './drift-test.ts'
import { ks } from './ks.ts'
import { psi } from './psi.ts'

/**
 * Every drift test. A new one is a file beside this and a line here: each name yields the measures `<name>` and `<name>_effect`
 * for every feature with a reference whose scale it can be asked about.
 */
export const driftTests = { ks, psi } satisfies Record<string, DriftTest>

export type DriftTestName = keyof typeof driftTests
