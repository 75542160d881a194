/** What the ports' `health` answers. */
export type Health = Readonly<{ kind: 'ok' } | { kind: 'down'; reason: string }>

/** Something that must work before this process can do its work: a server, or a role that has started. */
export type Dependency = Readonly<{ name: string; check: () => Promise<Health> }>

export type DependencyStatus = Readonly<{ name: string; ok: boolean; reason: string | null }>

export type Readiness = () => Promise<readonly DependencyStatus[]>

/** Asks all at once. A check that throws, or does not answer within `timeoutMs`, is down and says so. */
export const createReadiness =
  (dependencies: readonly Dependency[], timeoutMs: number): Readiness =>
  () =>
    Promise.all(
      dependencies.map(async ({ name, check }) => {
        const health = await answerWithin(timeoutMs, check)
        return { name, ok: health.kind === 'ok', reason: health.kind === 'ok' ? null : health.reason }
      }),
    )

const answerWithin = async (timeoutMs: number, check: () => Promise<Health>): Promise<Health> => {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<Health>(resolve => {
    timer = setTimeout(() => resolve({ kind: 'down', reason: `no answer within ${timeoutMs} ms` }), timeoutMs)
  })
  try {
    return await Promise.race([check(), timeout])
  } catch (error) {
    return { kind: 'down', reason: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}
