import canonicalize from 'canonicalize'
import type { AccessEvent, Heartbeat, ReceivedEvent } from '../../../shared/facility.ts'
import { Problem } from '../../../shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Caller, Pass } from '../access/index.ts'
import { keepStamps, record, type RowReader, sha256, stamp } from '../audit/index.ts'
import { alarmsOfEvent, alarmsOfWatch } from './alarms.ts'
import { newWatch, restoreWatch, saveWatch, type Seen, watch, type Watched } from './detectors.ts'
import { foldAll, loadFold, loadPortals, saveFold } from './fold.ts'
import { isSure, type PresenceInput } from './presence.ts'
import { watchedSite } from './site.ts'
import {
  controllerRow,
  eventAt,
  eventsAfter,
  heardFrom,
  holdersOf,
  insertEvents,
  insertFindings,
  keepWatch,
  takeTurn,
} from './store.ts'

/**
 * Takes what a controller reports, in its order, all or nothing: keeps each event that is new with
 * a leaf of its own, moves presence, raises and ends alarms. Events that were taken before are
 * counted and change nothing.
 * @throws Problem `access-denied` when an event is of another controller than the caller
 */
export async function takeEvents(
  pass: Pass<'facility.event.take'>,
  tx: Tx,
  events: readonly AccessEvent[],
): Promise<{ accepted: number; known: number }> {
  const controller = controllerOf(pass.caller)
  if (events.some(({ controllerId }) => controllerId !== controller)) throw notYours()
  const saved = await takeTurn(tx)
  const fresh = await keepNew(pass, tx, controller, events)
  const [last] = events.slice(-1)
  if (last !== undefined) {
    const { epoch, clockOffsetMs } = last
    await heardFrom(tx, controller, { epoch, at: pass.at, clockOffsetMs })
  }
  const inputs: PresenceInput[] = []
  const confirmed = await confirmedNow(tx, controller, fresh, pass.at)
  if (confirmed !== null) inputs.push(confirmed)
  for (const event of fresh) inputs.push({ type: 'event', event })
  await takeInputs(tx, { saved, controller, inputs, at: pass.at })
  return { accepted: fresh.length, known: events.length - fresh.length }
}

/**
 * Takes a controller's sign of life: it is not silent, its clock is so far off, so much waits.
 * @throws Problem `access-denied` for another controller's
 */
export async function takeHeartbeat(
  pass: Pass<'facility.heartbeat.take'>,
  tx: Tx,
  heartbeat: Heartbeat,
): Promise<void> {
  const controller = controllerOf(pass.caller)
  if (heartbeat.controllerId !== controller) throw notYours()
  const saved = await takeTurn(tx)
  const { epoch, clockOffsetMs, lastSeq, buffered } = heartbeat
  await heardFrom(tx, controller, { epoch, at: pass.at, clockOffsetMs, lastSeq, buffered })
  const confirmed = await confirmedNow(tx, controller, [heartbeat], pass.at)
  const inputs: Watched[] = confirmed === null ? [] : [confirmed]
  const receivedAt = pass.at.toISOString()
  inputs.push({ type: 'heartbeat', heartbeat, receivedAt })
  await takeInputs(tx, { saved, controller, inputs, at: pass.at })
}

/** How the events that were taken are read again to be compared with the log. */
export const eventReader: RowReader = {
  kind: 'event',
  read: async (tx, after, limit) =>
    (await eventsAfter(tx, after, limit)).map(({ name, event }) => ({
      id: name,
      content: eventBytes(event),
    })),
}

/** An event as the log vouches for it: its canonical JSON (RFC 8785). */
function eventBytes(event: AccessEvent): Uint8Array {
  return Buffer.from(canonicalize(event) ?? '', 'utf8')
}

/** Folds inputs onto presence and shows them to the detectors. The caller has the turn. */
export async function takeInputs(
  tx: Tx,
  taken: {
    saved: Awaited<ReturnType<typeof takeTurn>>
    controller: string | null
    inputs: readonly Watched[]
    at: Date
  },
): Promise<void> {
  const { saved, controller, inputs, at } = taken
  const before = await loadFold(tx, [...new Set(inputs.flatMap(peopleOf))], controller)
  const portals = await loadPortals(tx)
  const moving = inputs.filter(isPresenceInput)
  const folded = foldAll(before, moving, portals)
  await saveFold(tx, { before, ...folded })

  const site = await watchedSite(tx)
  if (site === null) return
  const steps = new Map<Watched, Seen>(folded.steps.map((one) => [one.input, one]))
  const detections = []
  let state = saved === null ? newWatch(at.toISOString()) : restoreWatch(saved)
  for (const input of inputs) {
    const step = steps.get(input) ?? { before: folded.after, after: folded.after }
    const seen = watch(state, input, step, site)
    state = seen.state
    detections.push(...seen.detections)
    if (input.type === 'event') {
      const sure = step.verdict !== undefined && isSure(step.verdict)
      await alarmsOfEvent(tx, { ...input, sure }, site.portals)
    }
  }
  await alarmsOfWatch(tx, { state, detections }, site.portals, at)
  await keepWatch(tx, saveWatch(state))
}

/** Device certificates name controllers; a workstation has no events to tell. */
export function controllerOf(caller: Caller): string {
  if (caller.kind !== 'device' || caller.id === null || caller.workstation !== null)
    throw notYours()
  return caller.id
}

function notYours(): Problem {
  return new Problem('access-denied', { conditions: ['own-controller'] })
}

/** Writes down the events that are new, each with its leaf, and answers them as they are folded. */
async function keepNew(
  pass: Pass<'facility.event.take'>,
  tx: Tx,
  controller: string,
  events: readonly AccessEvent[],
): Promise<ReceivedEvent[]> {
  const rows = events.map((event) => ({
    ...{ controller, epoch: event.epoch, seq: event.seq, received_at: pass.at },
    event: JSON.stringify(event),
  }))
  const kept = await insertEvents(tx, rows)
  const holders = await holdersOf(tx, [...new Set(events.flatMap((one) => one.credentialIds))])
  const fresh: ReceivedEvent[] = []
  const altered: AccessEvent[] = []
  for (const event of events) {
    if (!kept.delete(`${event.epoch}/${event.seq}`)) {
      const first = await eventAt(tx, controller, event.epoch, event.seq)
      // A copy sent after a pause says so of itself, and its clock may have been set meanwhile.
      if (first !== undefined && !sameBut(first, event)) altered.push(event)
      continue
    }
    recordEvent(pass, tx, event)
    const holder = event.credentialIds.map((id) => holders.get(id)).find((id) => id !== undefined)
    const personId = holder ?? event.personId
    const receivedAt = pass.at.toISOString()
    fresh.push({ ...event, ...(personId !== undefined && { personId }), receivedAt })
  }
  await insertFindings(
    tx,
    altered.map(({ epoch, seq, portalId }) => ({
      ...{ at: pass.at, kind: 'altered-copy', person: null, portal: portalId ?? null, controller },
      ...{ words: `Event ${epoch}/${seq} came again with other content.`, review: null },
    })),
  )
  return fresh
}

function sameBut(first: AccessEvent, again: AccessEvent): boolean {
  const { replayed, clockOffsetMs } = first
  return canonicalize(first) === canonicalize({ ...again, replayed, clockOffsetMs })
}

function recordEvent(pass: Pass<'facility.event.take'>, tx: Tx, event: AccessEvent): void {
  const { controllerId, epoch, seq, zoneTo = null } = event
  const name = `${controllerId}/${epoch}/${seq}`
  stamp(tx, 'event', name, sha256(eventBytes(event)))
  record(tx, {
    ...{ time: pass.at, actor: pass.actor, action: pass.action, door: pass.door },
    resource: `Event::${name}`,
    ...{ project: null, item: null, workstation: null, zone: zoneTo },
    ...{ outcome: 'done', policies: pass.policies, details: keepStamps(tx) },
  })
}

/** The operator enrolled this controller just now: the epoch it speaks in is the one that was meant. */
async function confirmedNow(
  tx: Tx,
  controllerId: string,
  [first]: readonly { readonly epoch: string }[],
  at: Date,
): Promise<(PresenceInput & { type: 'epoch-confirmed' }) | null> {
  if (first === undefined) return null
  const row = await controllerRow(tx, controllerId)
  if (row?.confirm_next !== true) return null
  const { epoch } = first
  return { type: 'epoch-confirmed', controllerId, epoch, by: 'operator', at: at.toISOString() }
}

function isPresenceInput(input: Watched): input is PresenceInput {
  return input.type !== 'heartbeat' && input.type !== 'acknowledged' && input.type !== 'tick'
}

function peopleOf(input: Watched): string[] {
  if (input.type === 'correction') return [input.person]
  if (input.type !== 'event') return []
  const { personId, escortFor } = input.event
  return [personId, escortFor].filter((person) => person !== undefined)
}
