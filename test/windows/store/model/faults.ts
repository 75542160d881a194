import { StoreUnavailable } from '../../../../src/windows/store/unavailable.ts'

/** A writing call on its way to the store; the last one of its command moves the commit id. */
export type Call = Readonly<{
  name: string
  unit: Unit
  token: string
  previousCommitId: string
  commitId: string
  isLast: boolean
}>

export type Unit = 'in' | 'fire'

/** What happens to one call of a command. */
export type Fault = Readonly<{
  call: number | 'last'
  kind: 'never' | 'reply-lost' | 'twice' | 'late' | 'overtaken'
}>

/** The network between writers and the store. */
export type Network = Readonly<{
  /** The fault of the next command, if any. */
  strike(fault: Fault | undefined): void
  /** Whether the last command's fault came to pass, of which kind. */
  struck(): Fault['kind'] | undefined
  carry<T>(call: Call, run: () => Promise<T>): Promise<T>
  /** Delivers what was on its way all the time, to nobody. */
  deliverLate(): Promise<void>
}>

/** `watch` runs each delivery and sees what it changes. */
export const createNetwork = (watch: <T>(call: Call, run: () => Promise<T>) => Promise<T>): Network => {
  let next: Fault | undefined
  let struck: Fault['kind'] | undefined
  let calls = 0
  let late: (() => Promise<unknown>)[] = []

  const deliverLate = async (): Promise<void> => {
    const arriving = late
    late = []
    for (const deliver of arriving) await deliver()
  }

  return {
    strike: fault => {
      next = fault
      struck = undefined
      calls = 0
    },
    struck: () => struck,
    deliverLate,
    carry: async (call, run) => {
      const deliver = () => watch(call, run)
      const hit = next?.call === 'last' ? call.isLast : next?.call === calls
      calls++
      if (next === undefined || !hit) return deliver()
      struck = next.kind
      switch (next.kind) {
        case 'never':
          throw new StoreUnavailable('connection', 'did not arrive')
        case 'late':
          late.push(deliver)
          throw new StoreUnavailable('timeout', 'is late')
        case 'reply-lost':
          await deliver()
          throw new StoreUnavailable('timeout', 'reply lost')
        case 'twice':
          await deliver()
          return deliver()
        case 'overtaken':
          await deliverLate()
          return deliver()
      }
    },
  }
}
