import type { FactSource, ResourceSource } from '../access/index.ts'
import { isAllowed, type KeyRules } from './keys.ts'
import { stepUpAge } from './sessions.ts'
import { actorFacts, personExists } from './store.ts'

/** Who asks: standing, roles on the site, and the session with its key. */
export function identityFacts(rules: KeyRules): FactSource {
  return {
    fills: ['actor', 'session'],
    async read(tx, { caller, now }) {
      const { kind } = caller
      if (kind !== 'person' || caller.id === null || caller.session === null)
        return { facts: { actor: { kind, active: kind !== 'nobody', roles: [] } } }
      const row = await actorFacts(tx, caller.id, caller.session, now)
      if (row === undefined) return { facts: { actor: { kind, active: false, roles: [] } } }
      const stepUpEnds = new Date(row.stepped_up_at.getTime() + stepUpAge)
      const steppedUp = stepUpEnds > now
      return {
        facts: {
          actor: { kind, active: row.revoked_at === null, roles: row.roles },
          session: {
            userVerified: true,
            keyAllowed:
              row.key_revoked_at === null && isAllowed(rules, row.aaguid, row.multi_device),
            sameWorkstation: row.workstation === caller.workstation,
            steppedUp,
          },
        },
        until: row.ends_at,
      }
    },
  }
}

export const personSource: ResourceSource = {
  type: 'Person',
  async locate(tx, id) {
    return (await personExists(tx, id)) ? { project: null, item: null, person: id } : null
  },
}
