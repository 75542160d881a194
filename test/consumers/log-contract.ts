import { afterAll, beforeAll, describe } from 'vitest'
import { createBench, type LogUnderTest } from './contract/bench.ts'
import { fingerprintContract } from './contract/fingerprints.ts'
import { membershipContract } from './contract/membership.ts'
import { readingContract } from './contract/reading.ts'
import { topicContract } from './contract/topics.ts'
import { writingContract } from './contract/writing.ts'

/** What every log promises, the real one and the twin. */
export const logContract = (name: string, open: () => Promise<LogUnderTest>): void => {
  describe(name, () => {
    let under: LogUnderTest
    beforeAll(async () => {
      under = await open()
    })
    afterAll(() => under.close())

    const bench = createBench(() => under)
    readingContract(bench)
    fingerprintContract(bench)
    writingContract(bench)
    topicContract(bench)
    membershipContract(bench)
  })
}
