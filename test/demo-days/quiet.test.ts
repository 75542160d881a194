import { describe, expect, it } from 'vitest'
import { day, drawSeeds } from './day.ts'

describe('a day of the demo with nothing wrong', () => {
  it.each(drawSeeds())('seed %i: no alert at all', async seed => {
    const { alerts } = await day(seed, false)
    expect(alerts.map(alert => alert.message)).toEqual([])
  })
})
