import { expect, it } from 'vitest'
import { createHealthBoard } from '../../src/roles/health-board.ts'

const ask = (board: ReturnType<typeof createHealthBoard>) => board.dependencies[0].check()

it('what is waited for is down until it has arrived, also where it was watched before', async () => {
  const board = createHealthBoard(['kafka'])
  expect(await ask(board)).toEqual({ kind: 'down', reason: 'starting' })
  board.watch('kafka', async () => ({ kind: 'ok' }))
  expect(await ask(board)).toEqual({ kind: 'ok' })
  board.waiting('kafka', 'refused')
  expect(await ask(board)).toEqual({ kind: 'down', reason: 'refused' })
  board.arrived('kafka')
  expect(await ask(board)).toEqual({ kind: 'ok' })
})
