import { newestEntryOf, record } from './domains/audit/index.ts'
import { raiseAlarm } from './domains/facility/index.ts'
import type { Part } from './kernel/config.ts'
import { type Connection, openDb, transact } from './kernel/db.ts'
import type { Role } from './kernel/roles.ts'

const action = 'site.policies.change'
const resource = 'Site::policies'

/** Parts that let acts in, and read the log; the first of them that a process has speaks for it. */
const speaking = ['operator', 'inside', 'outside', 'jobs'] as const

/**
 * Says in the log, before a door opens, under which set of policies this process decides, when that is
 * another than the log names last: both sets by their SHA-256, the new one first. A change, as the
 * first set is none, also raises an alarm, but from the outside door, which has no right in the
 * building. Processes of one installation that decide by different sets name them in turn.
 */
export async function recordPolicySet(
  { parts, sha256 }: { readonly parts: readonly Part[]; readonly sha256: string },
  connect: (role: Role) => Connection,
  now: () => Date,
): Promise<void> {
  const part = speaking.find((one) => parts.includes(one))
  if (part === undefined) return
  const db = openDb(connect(`cloister_${part}`), { pool: 1 })
  try {
    await transact(db, async (tx) => {
      const before = (await newestEntryOf(tx, action, resource))?.policies[0]
      if (before === sha256) return
      const time = now()
      record(tx, {
        ...{ time, actor: 'operator', action, resource, project: null, item: null },
        ...{ door: part === 'jobs' ? 'operator' : part, workstation: null, zone: null },
        ...{ outcome: 'done', policies: [sha256, ...(before === undefined ? [] : [before])] },
        details: null,
      })
      if (before === undefined || part === 'outside') return
      const [is, was] = [sha256.slice(0, 12), before.slice(0, 12)]
      const detail = { is, was }
      await raiseAlarm(tx, { kind: 'policies-changed', subject: sha256, detail, zones: [] }, time)
    })
  } finally {
    await db.destroy()
  }
}
