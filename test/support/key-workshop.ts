import { openGate, readPolicies, transactOverAll } from '../../src/server/domains/access/index.ts'
import { keepDetails } from '../../src/server/domains/audit/index.ts'
import { identityFacts } from '../../src/server/domains/identity/index.ts'
import { keysSource, type KeyWorkshop, type Vault } from '../../src/server/domains/vault/index.ts'
import type { Db } from '../../src/server/kernel/db.ts'

/** What the rolling of keys stands on, with the product's own gate, policies and details. */
export function keyWorkshop(db: Db, vault: Vault, now = () => new Date()): KeyWorkshop {
  const rules = {
    relyingParty: () => ({ id: 'localhost', isOrigin: () => false }),
    models: 'any',
  } as const
  return {
    ...{ db, now, epochs: vault.epochs },
    everywhere: (work) => transactOverAll(db, work),
    gate: openGate(readPolicies('policies'), [identityFacts(rules)], [keysSource], now),
    sealDetails: (tx, words, project) =>
      keepDetails(tx, (...at) => vault.sealDetailBytes(...at), words, project),
  }
}

/** The acts of the rolling in the log so far, in order. */
export async function keyActs(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('audit.pending').select('body').orderBy('id').execute()
  return rows
    .map(({ body }) => JSON.parse(body.toString()) as Record<string, string>)
    .filter(({ action = '' }) => action.startsWith('vault.'))
    .map(({ actor = '', action = '', resource = '', outcome = '' }) =>
      [actor, action, resource, outcome].join(' '),
    )
}
