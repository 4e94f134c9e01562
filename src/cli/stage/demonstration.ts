import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { startControl } from '../../simulator/control.ts'
import type { Demonstration } from '../../shared/demonstration.ts'
import { importManifest } from '../manifest/import.ts'
import { Fault } from '../terminal.ts'
import {
  admitToWork,
  giveShift,
  foundSite,
  hire,
  type Known,
  type Person,
  personAt,
  publishRules,
  setUpClient,
  setUpProject,
} from './cast.ts'
import { clearDirectory } from './clear.ts'
import { servePage } from './page.ts'
import { type Ports, portsFrom } from './ports.ts'
import {
  type BeginServer,
  demonstrationSite,
  demonstrationWitness,
  openStage,
  type Stage,
} from './stage.ts'

const data = fileURLToPath(new URL('../../../demonstration/', import.meta.url))

/** Who was hired, kept so that a later start finds everybody as they were. */
const CastFile = Type.Object(
  {
    people: Type.Array(
      Type.Object({
        name: Type.String(),
        id: Type.String(),
        seat: Type.String(),
        badge: Type.String(),
      }),
    ),
  },
  { additionalProperties: false },
)

const office = 'ws-13'
const staff = [
  { name: 'Rosa', roles: ['recruiter'] },
  { name: 'Mara', roles: ['manager'] },
  { name: 'Noor', roles: ['releaser'] },
  { name: 'Gus', roles: ['guard'] },
  { name: 'Gwen', roles: ['guard'] },
  { name: 'Ida', roles: ['auditor'] },
] as const
const floor = [
  { name: 'Ana', seat: 'ws-3', roles: ['annotator'] },
  { name: 'Ben', seat: 'ws-4', roles: ['reviewer'] },
  { name: 'Chen', seat: 'ws-5', roles: ['annotator'] },
  { name: 'Dana', seat: 'ws-6', roles: ['annotator', 'reviewer'] },
] as const

/**
 * Runs the demonstration until Ctrl-C: server, witness, workstations, building. The first start
 * hires the people and brings the projects in; a first start that was cut off is begun anew. Ctrl-C
 * is heard at any time and ends it after the step that is under way.
 * `firstPort` is that of the building's page; workstations and the client's desk take the next
 * twenty. `alone` does work while no server uses the directory, or refuses.
 */
export async function runDemonstration(
  directory: string,
  firstPort: number,
  begin: BeginServer,
  alone: (directory: string, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const ports = await portsFrom(firstPort)
  const say = (words: string) => process.stderr.write(`${words}\n`)
  await mkdir(directory, { recursive: true })
  await alone(directory, async () => {
    await clearHalfMade(directory, say)
    await markFresh(directory)
  })
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const one of closing.reverse()) await one()
  }
  const signal = untilSignal(() => {
    say('Closing …')
  })
  try {
    say('Starting the database and the doors …')
    const started = await begin(directory, async (logKey) => {
      const witness = await demonstrationWitness(directory, logKey, () => undefined)
      closing.push(() => witness.close())
      return { url: witness.url, key: witness.vkey }
    })
    closing.push(() => started.close())
    signal.throwIfAborted()
    const stage = await openStage(started, { directory, ports, onFault: say })
    closing.push(() => stage.close())
    const known = await readCast(directory)
    const cast = known ?? (await seed(stage, directory, say, signal))
    await writeFile(join(directory, 'policy'), started.policy)
    for (const id of [...stage.seats('annotation'), ...stage.seats('guard')]) {
      signal.throwIfAborted()
      await stage.workstation(id)
    }
    const onSite = cast.filter(({ seat }) => seat !== 'client')
    const simulator = await stage.admit(onSite.map(({ id, badge }) => ({ id, credential: badge })))
    if (known !== null) await beginDay(stage, cast)
    const control = await startControl(simulator, { port: 0, origins: [] })
    closing.push(() => control.close())
    const page = await servePage(ports.page, control, shown(cast, ports, stage.zones))
    closing.push(() => page.close())
    signal.throwIfAborted()
    say(welcome(cast, ports, page.url, started.operatorSocket))
    await new Promise((done) => {
      signal.addEventListener('abort', done)
    })
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await close()
  }
}

/** Aborted at the first Ctrl-C or SIGTERM, which is then told; the second ends the process by itself. */
function untilSignal(told: () => void): AbortSignal {
  const stopping = new AbortController()
  const stop = () => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop)
    told()
    stopping.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop)
  return stopping.signal
}

type Cast = readonly (Known & { readonly badge: string })[]

/**
 * A first start that never ended leaves its mark, and is removed: nothing in it is anybody's work
 * yet. The cast is written last: where it stands, only the mark is left to be removed.
 */
export async function clearHalfMade(
  directory: string,
  say: (words: string) => void,
): Promise<void> {
  const mark = join(directory, 'being-made')
  if ((await readFile(mark).catch(() => null)) === null) return
  if ((await readFile(join(directory, 'cast.json')).catch(() => null)) !== null) {
    await rm(mark)
    return
  }
  say('The first start was cut off; beginning anew …')
  await clearDirectory(directory)
}

/**
 * Marks an empty directory as being made; only what bears this mark is ever cleared, and all that was
 * laid in it since is the first start's.
 * @throws Fault for an installation without its cast and for anybody's other files, which are left
 *   as they are
 */
export async function markFresh(directory: string): Promise<void> {
  const there = await readdir(directory)
  if (there.includes('cast.json')) return
  if (there.some((name) => ['stamp.json', 'postgres', 'keys', 'objects'].includes(name)))
    throw new Fault(
      `${directory} holds an installation and no cast.json, as a backup without its keys brings it back; nothing was changed: restore it with --keys, or name a new --directory`,
    )
  const [first] = there
  if (first !== undefined)
    throw new Fault(
      `${directory} is not empty (${first}) and no demonstration; nothing was changed: name an empty or new --directory`,
    )
  await writeFile(join(directory, 'being-made'), '')
}

/** Who was hired; null before anybody was. @throws Fault for a file that is damaged */
export async function readCast(directory: string): Promise<Cast | null> {
  const text = await readFile(join(directory, 'cast.json'), 'utf8').catch(() => null)
  if (text === null) return null
  const value = jsonOf(text)
  if (!Value.Check(CastFile, value))
    throw new Fault(`${directory}/cast.json is damaged; remove ${directory} to begin anew`)
  return value.people
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function seed(
  stage: Stage,
  directory: string,
  say: (words: string) => void,
  signal: AbortSignal,
): Promise<Cast> {
  const now = new Date()
  say('Building the site and hiring people …')
  await stage.operator.post('/site', { file: await demonstrationSite() })
  const officers = await foundSite(stage, ['Sofia', 'Otto'], office)
  const hired: Person[] = []
  for (const { name, roles } of staff) {
    signal.throwIfAborted()
    hired.push(await hire(stage, officers, { name, seat: office, roles }))
  }
  const [recruiter, manager] = hired
  if (recruiter === undefined || manager === undefined) throw new Error('nobody was hired')
  await publishRules(recruiter)
  const workers: Person[] = []
  for (const { name, seat } of floor) {
    signal.throwIfAborted()
    const worker = await hire(stage, officers, { name, seat, roles: [] })
    await admitToWork(
      recruiter,
      worker,
      { languages: ['en', 'es', 'ar'], kinds: ['text', 'audio'] },
      now,
    )
    workers.push(worker)
  }
  const speaker = await hire(stage, officers, { name: 'Carla', seat: 'client', roles: [] })
  say('Bringing the projects in …')
  const client = await setUpClient(manager, 'Northwind Voice (invented)', speaker, now)
  const team = workers.map((worker, at) => ({
    person: worker.id,
    roles: [...(floor[at]?.roles ?? [])],
  }))
  for (const code of ['aurora', 'borealis'] as const) {
    const folder = join(data, code)
    const schema: unknown = JSON.parse(await readFile(join(folder, 'schema.json'), 'utf8'))
    const guideline = await readFile(join(folder, 'guideline.md'), 'utf8')
    const kind = code === 'aurora' ? 'text' : 'audio'
    const project = await setUpProject(manager, client, { code, kind, schema, guideline }, team)
    await importManifest(stage.operator, project, join(folder, 'manifest.jsonl'), 'utf-8', () => {
      signal.throwIfAborted()
    })
  }
  const people = [...officers, ...hired, ...workers, speaker].map(({ name, id, seat }, at) => ({
    ...{ name, id, seat, badge: `badge-${at + 1}` },
  }))
  for (const { id, badge } of people)
    await stage.operator.post(`/people/${id}/badges`, { credential: badge })
  await writeFile(join(directory, 'cast.json.new'), JSON.stringify({ people }))
  await rename(join(directory, 'cast.json.new'), join(directory, 'cast.json'))
  await rm(join(directory, 'being-made'))
  return people
}

/** A later day: shifts for everybody on the floor. */
async function beginDay(stage: Stage, cast: Cast): Promise<void> {
  const found = cast.find(({ name }) => name === 'Rosa')
  if (found === undefined) return
  const rosa = await personAt(stage, found)
  await rosa.signIn()
  for (const { id, seat } of cast)
    if (seat.startsWith('ws-') && seat !== office) await giveShift(rosa, id, new Date())
  await rosa.browser.post('/session/end')
  rosa.browser.close()
}

function addressOf(seat: string, ports: Ports): string {
  return seat === 'client'
    ? `http://client.localhost:${ports.client}/`
    : `http://${seat}.localhost:${ports.workstations - 1 + Number(seat.slice(3))}/`
}

/** What each of the invented people does, for the page. */
const work: Readonly<Record<string, string>> = {
  ...{
    Sofia: 'security officer',
    Otto: 'security officer',
    Rosa: 'recruiter',
    Mara: 'manager',
    Noor: 'releaser',
  },
  ...{ Gus: 'guard', Gwen: 'guard', Ida: 'auditor', Ana: 'annotator', Ben: 'reviewer' },
  ...{ Chen: 'annotator', Dana: 'annotator and reviewer', Carla: 'client' },
}

function shown(cast: Cast, ports: Ports, zones: Stage['zones']): Demonstration {
  return {
    people: cast
      .filter(({ seat }) => seat !== 'client')
      .map(({ id, name }) => ({ id, name, role: work[name] ?? '' })),
    zones: [...zones],
    places: cast.map(({ name, seat }) => ({
      name: `${name} (${seat})`,
      address: addressOf(seat, ports),
    })),
  }
}

function welcome(cast: Cast, ports: Ports, page: string, socket: string): string {
  const lines = cast.map(
    ({ name, seat }) =>
      `  ${name.padEnd(6)} ${addressOf(seat, ports).padEnd(34)} ${work[name] ?? ''}`,
  )
  return [
    '',
    'The demonstration is open. Everything in it is invented, and nothing leaves this machine.',
    '',
    `  Open ${page}`,
    '',
    'There, let Ana in to floor-1. Then sign in as Ana at her workstation with the software key',
    'and take an item. Send her to the lobby and watch her screen.',
    '',
    'Where people sit:',
    ...lines,
    '',
    `The operator's socket: ${socket}`,
    'Ctrl-C closes everything; the next start finds it as it was.',
    '',
  ].join('\n')
}
