import { describe, expect, it } from 'vitest'
import { bar, clock, createPaint, cut, levelOf, padEnd, short, widthOf } from '../../../src/demo/view/text.ts'

const paint = createPaint(true)
const RED_AB = '\u001b[31mab\u001b[39m'

describe('text of a terminal', () => {
  it('has no width where it is a colour', () => {
    expect(paint.red('ab')).toBe(RED_AB)
    expect(widthOf(`${RED_AB}°▁`)).toBe(4)
    expect(padEnd(RED_AB, 4)).toBe(`${RED_AB}  `)
  })

  it('is cut to a width, and its colours end', () => {
    expect(cut('abcdef', 6)).toBe('abcdef')
    expect(cut('abcdef', 4)).toBe('abc…')
    expect(cut(`${RED_AB}cd`, 2)).toBe('\u001b[31ma\u001b[39m…')
  })

  it('has no escape without colours', () => {
    expect(createPaint(false).red('ab')).toBe('ab')
  })

  it('draws a value as one of eight levels', () => {
    expect([-1, 0, 0.49, 0.99, 1, 7].map(value => levelOf(value, 0, 1))).toEqual(['▁', '▁', '▄', '█', '█', '█'])
    expect(levelOf(3, 3, 3)).toBe('▁')
  })

  it('draws progress', () => {
    expect([0, 0.5, 1, 2].map(share => bar(share, 4))).toEqual(['┈┈┈┈', '━━┈┈', '━━━━', '━━━━'])
  })

  it('writes numbers short and the time as a clock', () => {
    expect([0.93, -0.008, 1.5, 73.04, 186.4].map(short)).toEqual(['.930', '-.008', '1.500', '73.0', '186'])
    expect([-5, 0, 59_999, 3_600_000, 86_400_000].map(clock)).toEqual(['00:00', '00:00', '00:00', '01:00', '24:00'])
  })
})
