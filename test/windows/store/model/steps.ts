import fc from 'fast-check'
import type { Fault, Unit } from './faults.ts'

/** What happens next in a history. Writers are processes: each may own, or wrongly believe to own, the partition and the shard. */
export type Step =
  | Readonly<{ do: 'claim'; writer: number; fault?: Fault }>
  | Readonly<{ do: 'checkpoint'; writer: number; fold: number; mask: number; fault?: Fault }>
  /** Sends the unanswered checkpoint again, if there is one. */
  | Readonly<{ do: 'resend'; writer: number; fault?: Fault }>
  | Readonly<{ do: 'claimShard'; writer: number; fault?: Fault }>
  | Readonly<{ do: 'fire'; writer: number; windows: number; fault?: Fault }>
  | Readonly<{ do: 'resendFire'; writer: number; fault?: Fault }>
  /** Publishes the outbox and trims it. */
  | Readonly<{ do: 'relay'; writer: number; alerts: number; fault?: Fault }>
  | Readonly<{ do: 'deliverLate' | 'snapshot' | 'flushScripts' }>
  /** A failover: back to the last snapshot. */
  | Readonly<{ do: 'rollBack'; units: readonly Unit[] }>

type Steps = fc.Arbitrary<readonly Step[]>

const writer = fc.nat({ max: 2 })

const anyCall = fc.oneof(fc.constant('last' as const), fc.nat({ max: 3 }))

const faultOf = (call: fc.Arbitrary<Fault['call']>, ...kinds: Fault['kind'][]): fc.Arbitrary<Fault> =>
  fc.record({ call, kind: fc.constantFrom(...kinds) })

const anyFault = fc.option(faultOf(anyCall, 'never', 'reply-lost', 'twice', 'late', 'overtaken'), { nil: undefined, freq: 1 })

const checkpoint = (by: number, fault: fc.Arbitrary<Fault | undefined>): fc.Arbitrary<Step> =>
  fc.record({
    do: fc.constant('checkpoint' as const),
    writer: fc.constant(by),
    fold: fc.nat({ max: 12 }),
    mask: fc.nat({ max: 15 }),
    fault,
  })

const fire = (by: number, fault: fc.Arbitrary<Fault | undefined>): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant('fire' as const), writer: fc.constant(by), windows: fc.integer({ min: 1, max: 4 }), fault })

const rollBack: fc.Arbitrary<Step> = fc
  .constantFrom<readonly Unit[]>(['in'], ['fire'], ['in', 'fire'])
  .map(units => ({ do: 'rollBack', units }))

/** Any single step. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('claim', 'claimShard'), writer, fault: anyFault }) },
  { weight: 4, arbitrary: writer.chain(by => checkpoint(by, anyFault)) },
  { weight: 3, arbitrary: writer.chain(by => fire(by, anyFault)) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('resend', 'resendFire'), writer, fault: anyFault }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('relay' as const), writer, alerts: fc.integer({ min: 1, max: 9 }), fault: anyFault }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('deliverLate', 'snapshot', 'flushScripts') }) },
  { weight: 1, arbitrary: rollBack },
)

const none = fc.constant(undefined)

const takeover = (by: number): readonly Step[] => [
  { do: 'claim', writer: by },
  { do: 'claimShard', writer: by },
]

const unanswered = faultOf(anyCall, 'never', 'reply-lost')

/** Short stories that single steps would rarely tell. */
const stories: readonly ((by: number) => Steps)[] = [
  by => fc.tuple(checkpoint(by, none), fire(by, none)),
  // an unanswered commit is sent again
  by => checkpoint(by, unanswered).map(sent => [sent, { do: 'resend', writer: by }]),
  by => fc.tuple(checkpoint(by, none), fire(by, unanswered)).map(sent => [...sent, { do: 'resendFire', writer: by }]),
  // it is given up for a newer one, and a part of it arrives before that is complete
  by => fc.tuple(checkpoint(by, faultOf(fc.nat({ max: 2 }), 'late')), checkpoint(by, faultOf(fc.constant('last'), 'overtaken'))),
  by =>
    fc
      .tuple(
        checkpoint(by, none),
        fire(by, faultOf(fc.nat({ max: 4 }), 'late')),
        fire(by, faultOf(fc.constant('last'), 'overtaken')),
      )
      .map(then => [...takeover(by), ...then]),
  // the owner goes on after a failover that it does not know of
  by =>
    fc
      .tuple(checkpoint(by, none), fire(by, none), rollBack, checkpoint(by, none), fire(by, none))
      .map(then => [{ do: 'snapshot' }, ...then]),
]

const story: Steps = fc
  .tuple(fc.constantFrom(...stories), writer, fc.boolean())
  .chain(([tell, by, takesOver]) => tell(by).map(steps => (takesOver ? [...takeover(by), ...steps] : steps)))

export const history: Steps = fc
  .array(
    fc.oneof(
      step.map((single): readonly Step[] => [single]),
      story,
    ),
    { minLength: 1, maxLength: 20, size: 'max' },
  )
  .map(parts => parts.flat())
