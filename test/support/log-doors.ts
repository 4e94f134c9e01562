import type { FastifyInstance } from 'fastify'
import type { Door } from '../../src/shared/actions.ts'
import { type Caller, openGate, readPolicies } from '../../src/server/domains/access/index.ts'
import { keepDetails, openRecorder, type RowReader } from '../../src/server/domains/audit/index.ts'
import { auditRoutes } from '../../src/server/domains/audit/routes.ts'
import { buildDoor } from '../../src/server/http/door.ts'
import { type Ground, operateOn, type Operate } from '../../src/server/http/operate.ts'
import type { Tx } from '../../src/server/kernel/db.ts'
import type { TestDatabase } from './database.ts'

/** Who calls at a test's door, and what the gate knows of them. */
export interface Somebody {
  readonly kind: Caller['kind']
  readonly id: string | null
  readonly roles: readonly string[]
}

export const olga: Somebody = { kind: 'person', id: 'per_olga', roles: ['auditor'] }
export const ada: Somebody = { kind: 'person', id: 'per_ada', roles: [] }
export const nobody: Somebody = { kind: 'nobody', id: null, roles: [] }
export const theOperator: Somebody = { kind: 'operator', id: 'operator', roles: [] }

/** The log's routes behind a real door with the real policies; `caller` says who comes. */
export function logDoor(
  database: TestDatabase,
  door: Extract<Door, 'inside' | 'outside' | 'operator'>,
  options: {
    caller: () => Somebody
    policy?: string
    readers?: readonly RowReader[]
    now?: () => Date
    more?: (operate: Operate, app: FastifyInstance, ground: Ground) => void
  },
): FastifyInstance {
  const db = database.db(`cloister_${door}`)
  const { caller, now = () => new Date() } = options
  const gate = openGate(
    readPolicies('policies'),
    [
      {
        fills: ['actor', 'session'],
        read: () => {
          const { kind, id, roles } = caller()
          const session =
            kind === 'person'
              ? { userVerified: true, keyAllowed: true, sameWorkstation: true, steppedUp: false }
              : undefined
          const actor = { kind, active: id !== null, roles: [...roles] }
          return Promise.resolve({ facts: { actor, ...(session && { session }) } })
        },
      },
    ],
    [],
    now,
  )
  const onFault = (error: Error) => {
    throw error
  }
  const app = buildDoor({ onFault })
  const recorder = openRecorder(database.connection(`cloister_${door}`))
  app.addHook('onClose', () => recorder.close())
  const ground: Ground = {
    ...{ door, db, gate, now, recorder },
    identify: () =>
      Promise.resolve({
        ...{ door, kind: caller().kind, id: caller().id, session: null, signedInAt: null },
        ...{ workstation: null, certificate: null, address: 'test' },
      }),
    sealDetails: (tx, words, project) => keepDetails(tx, plainSeal, words, project),
  }
  const operate = operateOn(app, ground)
  auditRoutes(operate, { policy: options.policy ?? '', readers: options.readers ?? [] })
  options.more?.(operate, app, ground)
  return app
}

/** The vault's part is tested with the vault; what is asked here is what becomes of its answer. */
export function plainSeal(
  _tx: Tx,
  project: string | null,
  hash: Buffer,
  bytes: Buffer,
): Promise<Buffer> {
  return Promise.resolve(Buffer.concat([Buffer.from(`${project ?? 'site'} `), hash, bytes]))
}
