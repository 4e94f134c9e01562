import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:https'
import type { Agent } from 'node:https'
import { join } from 'node:path'
import { sql } from 'kysely'
import WebSocket from 'ws'
import { transact } from '../../src/server/kernel/db.ts'
import { cookieName } from '../../src/server/domains/identity/index.ts'
import { newId } from '../../src/server/kernel/random.ts'
import type { PostureChecks } from '../../src/shared/facility.ts'
import { type Credentials, enrol } from '../../src/workstation/credentials.ts'
import { callDoor, type Door, doorAgent } from '../../src/workstation/door.ts'
import { postureEveryMs, signedReport } from '../../src/workstation/posture.ts'
import { type Building, openBuilding } from './building.ts'
import type { Hall } from './hall.ts'
import { say } from './options.ts'

/** Somebody at a workstation of their own, inside and signed in. */
export interface Worker {
  readonly person: string
  readonly seat: string
  readonly cookie: string
  /** Holds the workstation's certificate; one connection, as a page at work keeps it. */
  readonly agent: Agent
  readonly credentials: Credentials
}

export interface Crew {
  readonly workers: readonly Worker[]
  readonly building: Building
  close(): void
}

/**
 * Fills the hall: workstations enrol at the inside door and report their posture every minute,
 * people come in through the doors of the building, and each has a session at a seat.
 * What takes people months or their fingers (admission, security keys, the signature of the sign-in)
 * is written into the database; a session's certificate, presence and posture are the real ones.
 */
export async function seatCrew(hall: Hall, project: string, count: number): Promise<Crew> {
  const seats = Array.from({ length: count }, (_, at) => `ws-${at + 1}`)
  const people = seats.map(() => newId('per'))
  await admitAll(hall, project, people)
  say('enrolling workstations')
  const credentials = await inTurns(16, seats, (seat) => enrolSeat(hall, seat))
  const posture = await reportPosture(hall.building, seats, credentials)
  say('walking in')
  const building = await letIn(hall, people)
  say('signing in')
  const tokens = await signInAll(hall, people, seats)
  const workers = seats.map((seat, at) => {
    const [person, own, token] = [people[at], credentials[at], tokens[at]]
    if (person === undefined || own === undefined || token === undefined)
      throw new Error(`${seat} is not taken`)
    return {
      ...{ person, seat, credentials: own, cookie: `${cookieName}=${token}` },
      agent: doorAgent(hall.inside, own, 1),
    }
  })
  return {
    ...{ workers, building },
    close() {
      posture.stop()
      for (const { agent } of workers) agent.destroy()
      building.close()
    },
  }
}

/** At most so many at once, in order. */
async function inTurns<A, B>(
  most: number,
  list: readonly A[],
  work: (one: A) => Promise<B>,
): Promise<B[]> {
  const done: B[] = []
  for (let at = 0; at < list.length; at += most)
    done.push(...(await Promise.all(list.slice(at, at + most).map(work))))
  return done
}

async function enrolSeat(hall: Hall, seat: string): Promise<Credentials> {
  const code = await hall.codeFor(`/workstations/${seat}/code`)
  const dir = join(hall.directory, 'workstations', seat)
  return enrol({ kind: 'workstation', id: seat, door: hall.inside, dir }, code)
}

const good: PostureChecks = {
  ...{ malware: 'ok', diskEncryption: 'ok', usb: 'ok', network: 'ok' },
  ...{ browserPolicy: 'ok', patches: 'ok' },
}

/** Every seat reports now, and then once a minute, one after the other. */
async function reportPosture(
  door: Door,
  seats: readonly string[],
  credentials: readonly Credentials[],
): Promise<{ stop: () => void }> {
  const agents = credentials.map((own) => doorAgent(door, own, 1))
  let sequence = 1
  const report = async (at: number) => {
    const [own, agent, workstation] = [credentials[at], agents[at], seats[at]]
    if (own === undefined || agent === undefined || workstation === undefined) return
    const statement = { workstation, at: new Date().toISOString(), sequence, checks: good }
    const { status } = await callDoor(
      door,
      agent,
      'POST',
      '/posture',
      signedReport(own.key, statement),
    )
    if (status !== 200)
      throw new Error(`the posture report of ${workstation} was refused (${status})`)
  }
  await inTurns(16, [...seats.keys()], report)
  let next = 0
  const timer = setInterval(() => {
    if (next === 0) sequence += 1
    report(next).catch(() => undefined)
    next = (next + 1) % seats.length
  }, postureEveryMs / seats.length)
  return {
    stop() {
      clearInterval(timer)
      for (const agent of agents) agent.destroy()
    },
  }
}

/** Everybody goes from the street to their floor; ends when the doors have placed them all there. */
async function letIn(hall: Hall, people: readonly string[]): Promise<Building> {
  const building = await openBuilding(hall)
  await building.letIn(people)
  const inside = await insideNow(hall)
  if (inside !== people.length) throw new Error(`the doors placed ${inside} people on the floor`)
  return building
}

async function insideNow({ admin }: Hall): Promise<number> {
  const { rows } = await sql<{ people: number }>`
    select count(*) as people from facility.presence where zone = 'floor-1' and admits`.execute(
    admin,
  )
  return rows[0]?.people ?? 0
}

async function admitAll(
  { admin }: Hall,
  project: string,
  people: readonly string[],
): Promise<void> {
  const ids = [...people]
  const now = new Date()
  const began = new Date(now.getTime() - 3_600_000)
  const ends = new Date(now.getTime() + 8 * 3_600_000)
  await transact(admin, async (tx) => {
    await sql`insert into workforce.agreement values ('confidentiality', 1, 'Confidentiality', ${now})`.execute(
      tx,
    )
    await sql`insert into workforce.course values ('data-protection', 80), ('clean-room', 80)`.execute(
      tx,
    )
    await sql`insert into identity.person (id, created_at) select *, ${now} from unnest(${ids}::text[])`.execute(
      tx,
    )
    await sql`insert into identity.key
      select 'key-' || id, id, 'localhost', '', 0, 'bench', false, '{}', ${now}, null from unnest(${ids}::text[]) id`.execute(
      tx,
    )
    await sql`insert into workforce.vetting
      select id, 'record', 'ES', 'cleared', '2999-12-31', 'bench', ${now} from unnest(${ids}::text[]) id`.execute(
      tx,
    )
    await sql`insert into workforce.signature
      select id, 'confidentiality', 1, ${now} from unnest(${ids}::text[]) id`.execute(tx)
    await sql`insert into workforce.pass
      select id, course, 95, ${now} from unnest(${ids}::text[]) id, workforce.course`.execute(tx)
    await sql`insert into workforce.certificate
      select id, 'en', kind, '2999-12-31' from unnest(${ids}::text[]) id, unnest(array['text', 'audio']) kind`.execute(
      tx,
    )
    await sql`insert into workforce.shift
      select id, ${began}, ${ends} from unnest(${ids}::text[]) id`.execute(tx)
    await sql`insert into projects.team
      select ${project}, id, 'annotator', 'bench', ${now} from unnest(${ids}::text[]) id`.execute(
      tx,
    )
  })
}

/** Sessions that begin now; answers the cookies' tokens. */
export async function signInAll(
  { admin }: Hall,
  people: readonly string[],
  seats: readonly string[],
): Promise<string[]> {
  const tokens = people.map(() => randomBytes(32).toString('base64url'))
  const hashes = tokens.map((token) => createHash('sha256').update(token).digest())
  const now = new Date()
  const ends = new Date(now.getTime() + 8 * 3_600_000)
  await sql`
    insert into identity.session
    select n.hash, n.id, n.person, 'inside', n.seat, 'key-' || n.person, ${now}, ${now}, ${ends}, null
      from unnest(${hashes}::bytea[], ${people.map(() => newId('ses'))}::text[],
                  ${[...people]}::text[], ${[...seats]}::text[]) as n (hash, id, person, seat)`.execute(
    admin,
  )
  return tokens
}

/** What a door answered a worker: the status and the body, whole. */
export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** Sends a request as the worker's page would, and answers when the last byte has come. */
export function ask(
  { host, port }: Door,
  { agent, cookie, seat }: Worker,
  method: 'GET' | 'POST',
  path: string,
  sent?: object,
): Promise<Answer> {
  const payload = sent === undefined ? undefined : Buffer.from(JSON.stringify(sent))
  return new Promise((resolve, reject) => {
    const out = request({
      ...{ host, port, agent, method, path, timeout: 30_000 },
      headers: {
        ...{ cookie, origin: `http://${seat}.localhost` },
        ...(payload && { 'content-type': 'application/json', 'content-length': payload.length }),
      },
    })
    out.on('timeout', () => out.destroy(new Error('no answer within 30 seconds')))
    out.on('error', reject)
    out.on('response', (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) })
      })
    })
    out.end(payload)
  })
}

/** Opens the signal socket that a worker's page keeps; ready when the server has greeted. */
export async function listen(
  { host, port, ca }: Door,
  { seat, cookie, credentials }: Worker,
): Promise<WebSocket> {
  const socket = new WebSocket(`wss://${host}:${port}/signals`, {
    ...{ ca, key: credentials.key, cert: credentials.certificate, minVersion: 'TLSv1.3' },
    ...{ headers: { cookie }, origin: `http://${seat}.localhost` },
  })
  await new Promise((resolve, reject) => {
    socket.once('message', resolve)
    socket.once('error', reject)
  })
  return socket
}
