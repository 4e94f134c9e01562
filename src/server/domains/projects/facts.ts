import type { Tx } from '../../kernel/db.ts'
import type { FactSource, ResourceSource } from '../access/index.ts'
import { clientExists, itemById, projectById, projectFacts, speaksFor } from './store.ts'

type Nature = Pick<
  NonNullable<Awaited<ReturnType<typeof projectById>>>,
  'id' | 'code' | 'client' | 'kind'
>

const natures = new Map<string, Nature>()
const mostNatures = 2000

/**
 * What a project is, as long as it is there: its code, client and kind never change, so they are
 * read once. Whether anything may be done in it is asked each time, by `projectsFacts`.
 */
export async function projectNature(tx: Tx, id: string): Promise<Nature | undefined> {
  const known = natures.get(id)
  if (known !== undefined) return known
  const row = await projectById(tx, id)
  if (row === undefined) return undefined
  const { code, client, kind } = row
  if (natures.size >= mostNatures) natures.clear()
  const nature = { id, code, client, kind }
  natures.set(id, nature)
  return nature
}

/** Who is on the team, and whether terms, instruction, project and item allow work at all. */
export const projectsFacts: FactSource = {
  fills: ['team', 'terms'],
  async read(tx, { caller, located, now }) {
    const person = caller.kind === 'person' ? caller.id : null
    if (located.project === null) {
      if (located.client == null || person === null) return { facts: {} }
      return {
        facts: { team: { roles: (await speaksFor(tx, located.client, person)) ? ['client'] : [] } },
      }
    }
    const row = await projectFacts(tx, located.project, located.item, person, now)
    if (row === undefined) return { facts: {} }
    return {
      facts: {
        team: { roles: row.client_person ? [...row.roles, 'client'] : row.roles },
        terms: {
          complete: row.terms,
          instructed: row.instructed,
          open: row.state === 'open',
          itemFree: located.item === null || row.item_state === 'free',
        },
      },
      until: row.until,
    }
  },
}

export const projectsSources: readonly ResourceSource[] = [
  {
    type: 'Project',
    async locate(tx, id) {
      const row = await projectNature(tx, id)
      if (row === undefined) return null
      return {
        project: row.id,
        projectCode: row.code,
        client: row.client,
        item: null,
        taskType: row.kind,
      }
    },
  },
  {
    type: 'Item',
    async locate(tx, id) {
      const row = await itemById(tx, id)
      if (row === undefined) return null
      return {
        ...{ project: row.project, projectCode: row.code, client: row.client, item: row.id },
        ...{ language: row.language, taskType: row.kind },
      }
    },
  },
  {
    type: 'Client',
    async locate(tx, id) {
      return (await clientExists(tx, id)) ? { project: null, item: null, client: id } : null
    },
  },
]
