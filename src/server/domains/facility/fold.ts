import type { Selectable } from 'kysely'
import { factorKinds, type FactorKind } from '../../../shared/facility.ts'
import type { Tx } from '../../kernel/db.ts'
import { notify } from '../../kernel/signals.ts'
import {
  step,
  type Portals,
  type PresenceChange,
  type PresenceFinding,
  type PresenceInput,
  type PresenceState,
  type Verdict,
} from './presence.ts'
import type { NotAdmitting, Person } from './record.ts'
import {
  allPresences,
  allStreams,
  confirmEpoch,
  controllerRow,
  dropStream,
  insertFindings,
  portalRows,
  presencesOf,
  putPresence,
  putStream,
  streamsOf,
} from './store.ts'
import type { Stream } from './streams.ts'
import type { FacilityTables } from './tables.ts'

type Read<T extends keyof FacilityTables> = Selectable<FacilityTables[T]>

/** That part of the fold on which these people and this controller stand, as it was left last. */
export async function loadFold(
  tx: Tx,
  people: readonly string[],
  controller: string | null,
): Promise<PresenceState> {
  const rows = people.length === 0 ? [] : await presencesOf(tx, people)
  const streams = controller === null ? [] : await streamsOf(tx, controller)
  const row = controller === null ? undefined : await controllerRow(tx, controller)
  return {
    people: new Map(rows.map((one) => [one.person, personOf(one)])),
    streams: new Map(streams.map((one) => [`${one.controller}/${one.epoch}`, streamOf(one)])),
    confirmed: new Map(row?.confirmed == null ? [] : [[row.controller, row.confirmed]]),
  }
}

/** The whole record, for the muster list. Grows with people and controllers only. */
export async function loadRecord(tx: Tx): Promise<PresenceState> {
  const [people, streams] = [await allPresences(tx), await allStreams(tx)]
  return {
    people: new Map(people.map((one) => [one.person, personOf(one)])),
    streams: new Map(streams.map((one) => [`${one.controller}/${one.epoch}`, streamOf(one)])),
    confirmed: new Map(),
  }
}

export async function loadPortals(tx: Tx): Promise<Portals> {
  const rows = await portalRows(tx)
  return new Map(
    rows.map(({ portal, zone_from: from, zone_to: to, controller }) => [
      portal,
      { from, to, controllerId: controller ?? '' },
    ]),
  )
}

interface FoldStep {
  readonly input: PresenceInput
  readonly before: PresenceState
  readonly after: PresenceState
  readonly verdict: Verdict | undefined
}

/** Folds inputs in their order onto a state, keeping every state between: detectors compare them. */
export function foldAll(state: PresenceState, inputs: readonly PresenceInput[], portals: Portals) {
  const steps: FoldStep[] = []
  const changes: PresenceChange[] = []
  const findings: PresenceFinding[] = []
  let after = state
  for (const input of inputs) {
    const before = after
    const next = step(before, input, portals)
    after = next.state
    steps.push({ input, before, after, verdict: next.verdict })
    changes.push(...next.changes)
    findings.push(...next.findings)
  }
  return { steps, after, changes, findings }
}

/** Keeps what differs, and tells everybody whose presence is another now. */
export async function saveFold(
  tx: Tx,
  folded: {
    before: PresenceState
    after: PresenceState
    changes: readonly PresenceChange[]
    findings: readonly PresenceFinding[]
  },
): Promise<void> {
  const { before, after, changes, findings } = folded
  for (const [person, line] of after.people)
    if (before.people.get(person) !== line) await putPresence(tx, rowOf(line))
  for (const [key, stream] of after.streams)
    if (before.streams.get(key) !== stream)
      await putStream(tx, {
        ...{ controller: stream.controllerId, epoch: stream.epoch, highest: stream.highest },
        latest: Number.isFinite(stream.latest) ? stream.latest : null,
        gaps: JSON.stringify(stream.gaps),
      })
  for (const [key, { controllerId, epoch }] of before.streams)
    if (!after.streams.has(key)) await dropStream(tx, controllerId, epoch)
  for (const [controller, epoch] of after.confirmed)
    if (before.confirmed.get(controller) !== epoch) await confirmEpoch(tx, controller, epoch)
  await insertFindings(tx, findings.map(findingRow))
  for (const person of new Set(changes.map((change) => change.after.person)))
    await notify(tx, 'cloister_signal', `person:${person}`)
  if (changes.length > 0) await notify(tx, presenceChannel, 'moved')
}

/** Says that the muster list is out of date. */
export const presenceChannel = 'cloister_presence'

function findingRow({ at, kind, words, person, portalId, controllerId, review }: PresenceFinding) {
  return {
    ...{ at: new Date(at), kind, words, person: person ?? null, portal: portalId ?? null },
    controller: controllerId ?? null,
    review: review === undefined ? null : JSON.stringify(review),
  }
}

function rowOf({ now, order, past }: Person) {
  return {
    ...{ person: now.person, zone: now.zone, since: new Date(now.since), portal: now.portalId },
    ...{ factors: [...now.factors], event: now.event, admits: now.admits, why: now.why },
    ...{ ordered: JSON.stringify(order), past: JSON.stringify(past) },
  }
}

function personOf(row: Read<'facility.presence'>): Person {
  const { person, zone, since, portal: portalId, factors, event, admits } = row
  return {
    now: {
      ...{ person, zone, since: since.toISOString(), portalId, event, admits },
      factors: factors.filter(isFactor),
      why: reasonOf(row.why),
    },
    order: row.ordered,
    past: row.past,
  }
}

function isFactor(text: string): text is FactorKind {
  return factorKinds.some((kind) => kind === text)
}

const reasons: readonly NotAdmitting[] = [
  'late',
  'replayed',
  'future',
  'clock-off',
  'out-of-order',
  'epoch-unconfirmed',
]

function reasonOf(text: string | null): NotAdmitting | null {
  return reasons.find((reason) => reason === text) ?? null
}

function streamOf(row: Read<'facility.stream'>): Stream {
  const { controller: controllerId, epoch, highest, latest, gaps } = row
  return { controllerId, epoch, highest, latest: latest ?? -Infinity, gaps }
}
