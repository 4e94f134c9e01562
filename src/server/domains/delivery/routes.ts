import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import {
  ClientDeliveries,
  Deliveries,
  DeliveryId,
  type DeliveryKey,
  DeliveryKeyId,
  DeliveryKeyMade,
  DeliveryKeys,
  DeliveryMade,
  type DeliveryRow,
  NewDeliveryKey,
  Recall,
  Receipt,
} from '#shared/delivery.ts'
import { Done } from '#shared/identity.ts'
import { Problem } from '#shared/problems.ts'
import { ClientId, ProjectId } from '#shared/projects.ts'
import type { Operate } from '../../http/operate.ts'
import type { StreamOut } from '../../http/stream.ts'
import type { Tx } from '../../kernel/db.ts'
import { clientsOf, projectById } from '../projects/index.ts'
import { confirmDeliveryKey, registerDeliveryKey } from './keys.ts'
import {
  acknowledgeDelivery,
  approveDelivery,
  proposeDelivery,
  rebuildDelivery,
  recallDelivery,
  servedPackage,
} from './release.ts'
import { wordsOf } from './set.ts'
import { deliveriesOf, keysOf } from './store.ts'
import type { DeliveryTables } from './tables.ts'

const done = { done: true } as const
const Nothing = Type.Object({}, { additionalProperties: false })
const Client = Type.Object({ client: ClientId })
const Project = Type.Object({ project: ProjectId })
const Delivery = Type.Object({ delivery: DeliveryId })
const client = ({ params }: { params: { client: string } }) =>
  ({ type: 'Client', id: params.client }) as const
const project = ({ params }: { params: { project: string } }) =>
  ({ type: 'Project', id: params.project }) as const
const delivery = ({ params }: { params: { delivery: string } }) =>
  ({ type: 'Delivery', id: params.delivery }) as const

export interface DeliveryGround {
  /** Where the packages lie. */
  readonly packages: string
  /** From the second confirmation of a client's key to its effect, in milliseconds. */
  readonly keyDelayMs: number
}

export function deliveryRoutes(
  operate: Operate,
  streamOut: StreamOut,
  ground: DeliveryGround,
): void {
  keyRoutes(operate, ground)
  operate('GET', '/projects/:project/deliveries', {
    action: 'delivery.list',
    params: Project,
    answer: Deliveries,
    resource: project,
    run: async ({ tx, params }) => ({ deliveries: await rows(tx, await deliveriesOf(tx, params)) }),
  })
  operate('POST', '/projects/:project/deliveries', {
    action: 'delivery.propose',
    params: Project,
    body: Nothing,
    answer: DeliveryMade,
    resource: project,
    async run({ pass, tx, params, also, note }) {
      const { id, set } = await proposeDelivery(pass, tx, params.project)
      note(wordsOf(id, set))
      // The entry that the package will prove: this person released this delivery.
      await also('delivery.release', { type: 'Delivery', id })
      return { delivery: id }
    },
  })
  operate('POST', '/deliveries/:delivery/approve', {
    action: 'delivery.approve',
    params: Delivery,
    body: Nothing,
    answer: Done,
    resource: delivery,
    async run({ pass, tx, params, note }) {
      note(wordsOf(params.delivery, await approveDelivery(pass, tx, params.delivery)))
      return done
    },
  })
  operate('POST', '/deliveries/:delivery/rebuild', {
    action: 'delivery.rebuild',
    params: Delivery,
    body: Nothing,
    answer: Done,
    resource: delivery,
    async run({ pass, tx, params, note }) {
      note(wordsOf(params.delivery, await rebuildDelivery(pass, tx, params.delivery)))
      return done
    },
  })
  operate('POST', '/deliveries/:delivery/recall', {
    action: 'delivery.recall',
    params: Delivery,
    body: Recall,
    answer: Done,
    resource: delivery,
    async run({ pass, tx, params, body, note }) {
      note({ reason: body.reason })
      await recallDelivery(pass, tx, params.delivery)
      return done
    },
  })
  clientRoutes(operate, streamOut, ground)
}

function keyRoutes(operate: Operate, ground: DeliveryGround): void {
  operate('POST', '/clients/:client/delivery-keys', {
    action: 'delivery.key.register',
    params: Client,
    body: NewDeliveryKey,
    answer: DeliveryKeyMade,
    resource: client,
    async run({ pass, tx, params, body, note }) {
      const made = await registerDeliveryKey(pass, tx, params.client, body.recipient)
      note(made)
      return made
    },
  })
  operate('GET', '/clients/:client/delivery-keys', {
    action: 'delivery.key.list',
    params: Client,
    answer: DeliveryKeys,
    resource: client,
    run: async ({ tx, params }) => ({ keys: (await keysOf(tx, params.client)).map(keyRow) }),
  })
  operate('POST', '/clients/:client/delivery-keys/:key/confirm', {
    action: 'delivery.key.confirm',
    params: Type.Object({ client: ClientId, key: DeliveryKeyId }),
    body: Nothing,
    answer: Done,
    resource: client,
    async run({ pass, tx, params, note }) {
      note({ key: params.key })
      await confirmDeliveryKey(pass, tx, params.client, params.key, ground.keyDelayMs)
      return done
    },
  })
}

function clientRoutes(operate: Operate, streamOut: StreamOut, ground: DeliveryGround): void {
  operate('GET', '/client/deliveries', {
    action: 'delivery.client.list',
    answer: ClientDeliveries,
    resource: (_, caller) => ({ type: 'Person', id: caller.id ?? 'nobody' }),
    async run({ pass, tx }) {
      const clients = await clientsOf(tx, pass.actor)
      const keys = []
      for (const one of clients) keys.push(...(await keysOf(tx, one)).map(keyRow))
      return { clients, keys, deliveries: await rows(tx, await deliveriesOf(tx, { clients })) }
    },
  })
  streamOut('/deliveries/:delivery/package', {
    action: 'delivery.download',
    params: Delivery,
    record: 'each',
    resource: (params) => ({ type: 'Delivery', id: params.delivery }),
    async run({ tx, params }) {
      const { file, size } = await servedPackage(tx, params.delivery)
      return {
        length: size,
        type: 'application/x-tar',
        fileName: `${params.delivery}.tar`,
        read: (from, to) => readFileRange(join(ground.packages, file), from, to),
      }
    },
  })
  operate('POST', '/deliveries/:delivery/receipt', {
    action: 'delivery.receipt',
    params: Delivery,
    body: Receipt,
    answer: Done,
    resource: delivery,
    async run({ pass, tx, params, body, note }) {
      if (!body.accepted && body.reason === undefined)
        throw new Problem('invalid-input', { where: 'body/reason' })
      note(body)
      await acknowledgeDelivery(pass, tx, params.delivery, body.accepted)
      return done
    },
  })
}

async function* readFileRange(path: string, from: number, to: number): AsyncGenerator<Uint8Array> {
  const file = await openFile(path, 'r')
  try {
    for (let at = from; at < to;) {
      const piece = Buffer.allocUnsafe(Math.min(262_144, to - at))
      const { bytesRead } = await file.read(piece, 0, piece.length, at)
      if (bytesRead === 0) throw new Error('a package is shorter than its row says')
      at += bytesRead
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

function keyRow(row: DeliveryTables['delivery.key']): DeliveryKey {
  return {
    ...{ key: row.id, client: row.client, fingerprint: row.fingerprint },
    confirmedBy: [row.first_by, row.second_by].filter((by) => by !== null),
    effective: row.effective_at?.toISOString() ?? null,
  }
}

async function rows(
  tx: Tx,
  found: readonly DeliveryTables['delivery.delivery'][],
): Promise<DeliveryRow[]> {
  const codes = new Map<string, string>()
  for (const id of new Set(found.map((row) => row.project)))
    codes.set(id, (await projectById(tx, id))?.code ?? '')
  return found.map((row) => ({
    ...{ delivery: row.id, project: row.project, code: codes.get(row.project) ?? '' },
    ...{ state: row.state, items: row.items, setAside: row.set_aside },
    ...{ set: row.set_sha256?.toString('hex') ?? null, proposedBy: row.proposed_by },
    proposedAt: row.proposed_at.toISOString(),
    approvedBy: row.approved_by,
    failure: row.failure,
    builtAt: row.built_at?.toISOString() ?? null,
    size: row.size,
    sha256: row.sha256?.toString('hex') ?? null,
  }))
}
