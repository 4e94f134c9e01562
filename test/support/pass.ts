import type { Action } from '../../src/shared/actions.ts'
import {
  type Caller,
  openGate,
  type Located,
  type Pass,
  type Policies,
} from '../../src/server/domains/access/index.ts'
import { openFor, siteProject } from '../../src/server/domains/access/store.ts'
import type { Tx } from '../../src/server/kernel/db.ts'

/**
 * A genuine pass for a test of what lies behind the gate: issued by a real gate whose policies
 * allow everything and whose facts are the ones given.
 */
export async function passFor<A extends Action>(
  tx: Tx,
  action: A,
  where: {
    id?: string
    actor?: string
    kind?: Caller['kind']
    /** `ws-1` where nothing is said. */
    workstation?: string | null
    located?: Partial<Located>
    until?: Date
    now?: () => Date
  },
): Promise<Pass<A>> {
  const { actions } = await import('../../src/shared/actions.ts')
  const act = actions[action]
  const policies: Pick<Policies, 'decide'> = {
    decide: () => ({ allowed: true, policies: ['test'] }),
  }
  const located: Located = { project: null, item: null, ...where.located }
  const door = act.doors[0]
  const gate = openGate(
    policies,
    [{ fills: ['actor'], read: () => Promise.resolve({ facts: {}, until: where.until ?? null }) }],
    [{ type: act.on, locate: () => Promise.resolve(located) }],
    where.now ?? (() => new Date()),
  )
  const caller: Caller = {
    ...{ door, kind: where.kind ?? 'person', id: where.actor ?? 'per_test', session: 'ses_test' },
    ...{ signedInAt: new Date(), certificate: null, address: '127.0.0.1' },
    workstation: where.workstation === undefined ? 'ws-1' : where.workstation,
  }
  // The rows that a test works on may be of a thing that no row stands for.
  openFor(tx, [located.project ?? siteProject])
  return gate.admit(tx, caller, action, { type: act.on, id: where.id ?? 'site' })
}
