import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { generateSigningKey, logSigner } from '@cloister/transparency-log'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { keepDetails, proofOf, startCosigning } from '../../src/server/domains/audit/index.ts'
import {
  buildDelivery,
  deliveryFacts,
  deliveryRoutes,
  deliverySource,
  type Workshop,
} from '../../src/server/domains/delivery/index.ts'
import { type RunningJobs, startJobs } from '../../src/server/kernel/jobs.ts'
import {
  Deliveries,
  DeliveryKeyMade,
  DeliveryMade,
  type DeliveryRow,
} from '../../src/shared/delivery.ts'
import { startWitness } from '../../src/witness/witness.ts'
import { plainSeal } from './log-doors.ts'
import { testSequencer } from './records.ts'
import { good, marked, type Member, openRoom, type Room, taskIn } from './room.ts'
import { sampleKeys } from './sample-log.ts'

const day = 86_400_000

/**
 * A room with the doors of delivery, a real queue of jobs, and a log that a real witness cosigns:
 * everything from the proposal to the package, for people whom a test hires.
 */
export interface Handover {
  readonly room: Room
  /** Proposes. */
  readonly mara: Member
  /** Approves. */
  readonly noor: Member
  /** Speaks for the client, at the outside door. */
  readonly carla: Member
  readonly packages: string
  readonly workshop: Workshop
  /** What the client verifies with: a file. */
  readonly policy: string
  /** The client's age identity, in a file. */
  readonly identity: string
  readonly recipient: string
  /** The queue that builds; it runs from the start, and a test may stop it and start another. */
  readonly jobs: RunningJobs
  startQueue(): Promise<RunningJobs>
  /** What went wrong in jobs. */
  readonly faults: unknown[]
  /** These texts annotated and accepted. */
  finish(texts: readonly string[]): Promise<void>
  /** The client's key, registered, confirmed by two and in effect. */
  confirmKey(): Promise<string>
  propose(): Promise<string>
  /** Waits until a delivery is in a state, and answers its row. */
  until(delivery: string, state: string): Promise<DeliveryRow>
  /** All of it: finished work, a key, a proposal, an approval, and the package that came of it. */
  deliver(texts: readonly string[]): Promise<{ delivery: string; file: string }>
}

export async function openHandover(t: TestContext): Promise<Handover> {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-handover-'))
  const packages = join(folder, 'packages')
  const room = await openRoom(t, 'text', {
    sources: [deliveryFacts],
    resources: [deliverySource],
    routes: (operate, streamOut) => {
      deliveryRoutes(operate, streamOut, { packages, keyDelayMs: day })
    },
  })
  const log = await witnessedLog(t, room, folder)
  const signingKey = generateSigningKey('example.org/delivery', 'log')
  const workshop: Workshop = {
    ...{ db: room.database.db('cloister_jobs'), gate: room.gate, vault: room.vault, packages },
    ...{ signingKey, proofOf, now: () => new Date() },
    sealDetails: (tx, words, project) => keepDetails(tx, plainSeal, words, project),
  }
  const faults: unknown[] = []
  const startQueue = async () => {
    const jobs = await startJobs(
      room.database.connection('cloister_jobs'),
      {
        'delivery.build': (payload, signal, last) => {
          const { delivery, by } = payload as { delivery: string; by: string }
          return buildDelivery(workshop, { id: delivery, by }, signal, last)
        },
      },
      {
        concurrency: 1,
        onFailure: (_, error) => faults.push(error),
        onFault: (error) => faults.push(error),
      },
    )
    let stopped: Promise<void> | undefined
    const stop = () => (stopped ??= jobs.stop())
    t.after(stop)
    return { stop }
  }
  const jobs = await startQueue()
  t.after(() => rm(folder, { recursive: true, force: true }))
  const key = await generateX25519Identity()
  const [policy, identity] = [join(folder, 'policy'), join(folder, 'key.txt')]
  await writeFile(policy, `${log.policy}delivery ${logSigner(signingKey).verifierKey}\n`)
  await writeFile(identity, `${key}\n`)
  const people = await peopleOf(room)
  const recipient = await identityToRecipient(key)
  const files = { packages, policy, identity }
  const parts = { room, ...people, ...files, workshop, recipient, jobs, startQueue, faults }
  return { ...parts, ...actsOf(parts) }
}

async function witnessedLog(t: TestContext, room: Room, folder: string) {
  const keys = sampleKeys()
  const sequencer = testSequencer(room.database, keys)
  const witness = await startWitness({
    ...{ dir: join(folder, 'witness'), name: 'example.org/witness', host: '127.0.0.1', port: 0 },
    ...{ logs: [keys.log.verifierKey], now: () => Date.now() },
    onFault: (error: unknown) => {
      throw error
    },
  })
  const cosigning = startCosigning({
    db: room.database.db('cloister_sequencer'),
    witness: { url: witness.url, key: witness.vkey },
    now: () => new Date(),
    // The witness is asked again; a test that waits for it sees when it never answers.
    onFault: () => undefined,
  })
  t.after(async () => {
    await cosigning.close()
    await sequencer.close()
    await witness.close()
  })
  return { policy: `log ${keys.log.verifierKey}\nwitness w1 ${witness.vkey}\nquorum w1\n` }
}

async function peopleOf(room: Room): Promise<Pick<Handover, 'mara' | 'noor' | 'carla'>> {
  const mara = await room.hire({ site: ['manager'] })
  const noor = await room.hire({ site: ['releaser'] })
  const carla = room.outside(await room.hire({}))
  const db = room.database.db('cloister_admin')
  const by = {
    granted_by: 'x',
    granted_at: room.now.at,
    confirmed_by: 'y',
    confirmed_at: room.now.at,
  }
  await db
    .insertInto('identity.role')
    .values([
      { person: mara.id, role: 'manager', ...by },
      { person: noor.id, role: 'releaser', ...by },
    ])
    .execute()
  await db
    .insertInto('projects.client_person')
    .values({ client: room.client, person: carla.id })
    .execute()
  return { mara, noor, carla }
}

type Parts = Omit<Handover, 'finish' | 'confirmKey' | 'propose' | 'until' | 'deliver'>

function actsOf({ room, mara, noor, carla, packages, recipient, faults }: Parts) {
  async function finish(texts: readonly string[]): Promise<void> {
    await room.addTexts(texts)
    const ana = await room.hire({ roles: ['annotator'] })
    const ben = await room.hire({ roles: ['reviewer'] })
    for (const text of texts) {
      const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
      const length = Math.min(4, text.length)
      await ana.post(`/tasks/${task}/submit`, { annotation: marked(length), next: false })
      const review = taskIn(await ben.post(`/projects/${room.project}/next-review`))
      await ben.post(`/tasks/${review.task}/review`, { decision: 'accept', next: false })
    }
  }
  async function confirmKey(): Promise<string> {
    const path = `/clients/${room.client}/delivery-keys`
    const { key } = good(DeliveryKeyMade, await carla.post(path, { recipient }))
    for (const one of [mara, noor]) await one.post(`${path}/${key}/confirm`, {})
    room.now.at = new Date(room.now.at.getTime() + day)
    return key
  }
  async function propose(): Promise<string> {
    const answer = await mara.post(`/projects/${room.project}/deliveries`, {})
    return good(DeliveryMade, answer).delivery
  }
  async function until(delivery: string, state: string): Promise<DeliveryRow> {
    const end = performance.now() + 60_000
    for (;;) {
      const answer = await mara.get(`/projects/${room.project}/deliveries`)
      const row = good(Deliveries, answer).deliveries.find((one) => one.delivery === delivery)
      if (row?.state === state) return row
      if (faults.length > 0) throw faults[0]
      if (performance.now() > end)
        throw new Error(
          `${delivery} is ${row?.state ?? 'not there'} and not ${state} after a minute`,
        )
      await sleep(20)
    }
  }
  return {
    ...{ finish, confirmKey, propose, until },
    async deliver(texts: readonly string[]) {
      await finish(texts)
      await confirmKey()
      const delivery = await propose()
      await noor.post(`/deliveries/${delivery}/approve`, {})
      await until(delivery, 'built')
      return { delivery, file: join(packages, `${delivery}.tar`) }
    },
  }
}
