import { setTimeout as pause } from 'node:timers/promises'
import { Fault } from '../terminal.ts'
import { Browser } from './browser.ts'
import { registerKey, signIn, stepUp } from './sign-in.ts'
import type { Stage } from './stage.ts'

/** Somebody of the demonstration: who they are, where they sit, and their browser there. */
export interface Person {
  readonly name: string
  readonly id: string
  readonly seat: string
  readonly browser: Browser
  signIn(): Promise<void>
  stepUp(): Promise<void>
}

/** What is kept of a person so that a later start finds them again. */
export interface Known {
  readonly name: string
  readonly id: string
  readonly seat: string
}

type Role = 'manager' | 'releaser' | 'guard' | 'recruiter' | 'security' | 'auditor'
const clientSeat = 'client'

/** Takes a person's place at their seat. */
export async function personAt(stage: Stage, { name, id, seat }: Known): Promise<Person> {
  const { url } = seat === clientSeat ? stage.client : await stage.workstation(seat)
  const browser = new Browser(url)
  return {
    ...{ name, id, seat, browser },
    signIn: () => signIn(browser, name),
    stepUp: () => stepUp(browser, name),
  }
}

/** The officers with whom a site begins: what one grants, the other confirms. */
export type Officers = readonly [first: Person, second: Person]

/** Has the operator admit the two officers of a new site. */
export async function foundSite(
  stage: Stage,
  names: readonly [string, string],
  seat: string,
): Promise<Officers> {
  const found = async (name: string) =>
    takeSeat(stage, { name, seat }, await stage.operator.post('/officers', { name }))
  return [await found(names[0]), await found(names[1])]
}

/**
 * Admits a person, has them register the software key of their seat, and signs them in there; the
 * second officer confirms their roles.
 */
export async function hire(
  stage: Stage,
  [first, second]: Officers,
  who: { name: string; seat: string; roles: readonly Role[] },
): Promise<Person> {
  const { name, roles } = who
  const person = await takeSeat(stage, who, await first.browser.post('/people', { name, roles }))
  if (roles.length > 0)
    await second.browser.post(`/people/${person.id}/roles/confirmation`, { roles })
  return person
}

async function takeSeat(
  stage: Stage,
  { name, seat }: { name: string; seat: string },
  made: unknown,
): Promise<Person> {
  const { person: id, code } = read(made, 'person', 'code')
  const person = await personAt(stage, { name, id, seat })
  await registerKey(person.browser, code)
  await person.signIn()
  return person
}

/** Gives somebody everything that admission asks, and a shift that has begun. */
export async function admitToWork(
  recruiter: Person,
  person: Person,
  work: { languages: readonly string[]; kinds: readonly ('text' | 'audio')[] },
  now: Date,
): Promise<void> {
  const path = `/people/${person.id}`
  const { browser } = recruiter
  const expires = new Date(now.getTime() + 300 * 86_400_000).toISOString().slice(0, 10)
  await browser.put(`${path}/vetting`, {
    kind: 'background',
    jurisdiction: 'ES',
    result: 'cleared',
    expires,
  })
  for (const course of courses) await browser.post(`${path}/courses`, { course, score: 95 })
  for (const language of work.languages)
    for (const kind of work.kinds)
      await browser.put(`${path}/certificates`, { language, kind, expires })
  await person.browser.post('/agreements/signature', { agreement, version: 1 })
  await giveShift(recruiter, person.id, now)
}

/** A shift from a minute ago for eleven hours. */
export async function giveShift(recruiter: Person, id: string, now: Date): Promise<void> {
  await recruiter.browser.put(`/people/${id}/shifts`, {
    begins: new Date(now.getTime() - 60_000).toISOString(),
    ends: new Date(now.getTime() + 11 * 3_600_000).toISOString(),
  })
}

const courses = ['data-protection', 'clean-room'] as const
const agreement = 'confidentiality'

/** What everybody on site has to sign and pass. */
export async function publishRules(recruiter: Person): Promise<void> {
  await recruiter.browser.post('/agreements', { agreement, version: 1, title: 'Confidentiality' })
  for (const course of courses) await recruiter.browser.post('/courses', { course, passMark: 80 })
}

/** Picks text members out of an answer. @throws Error when one is not there */
export function read<K extends string>(answer: unknown, ...names: readonly K[]): Record<K, string> {
  const found = typeof answer === 'object' && answer !== null ? Object.entries(answer) : []
  const picked: Partial<Record<K, string>> = {}
  for (const name of names) {
    const value: unknown = found.find(([key]) => key === name)?.[1]
    if (typeof value !== 'string') throw new Error(`the server's answer has no ${name}`)
    picked[name] = value
  }
  // Every name was just filled in.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  return picked as Record<K, string>
}

/** A client with complete terms, a project under an instruction of theirs, its schema, guideline and team; open. */
export async function setUpProject(
  manager: Person,
  client: string,
  project: { code: string; kind: 'text' | 'audio'; schema: unknown; guideline: string },
  team: readonly { person: string; roles: readonly ('annotator' | 'reviewer')[] }[],
): Promise<string> {
  const { code, kind, schema, guideline } = project
  const { browser } = manager
  const made = await browser.post('/projects', {
    ...{ client, code, kind },
    instruction: `Label the ${kind} items of ${code} by its guideline.`,
  })
  const { project: id } = read(made, 'project')
  await browser.post(`/projects/${id}/schemas`, { schema })
  await browser.post(`/projects/${id}/guidelines`, { text: guideline })
  for (const member of team) await browser.put(`/projects/${id}/team`, member)
  await browser.post(`/projects/${id}/state`, { state: 'open' })
  return id
}

/** A client whose terms leave nothing out, and the person who speaks for it. */
export async function setUpClient(
  manager: Person,
  name: string,
  speaker: Person,
  now: Date,
): Promise<string> {
  const { browser } = manager
  const { client } = read(await browser.post('/clients', { name }), 'client')
  await browser.put(`/clients/${client}/terms`, {
    subject: 'Labelling of invented voice queries and recordings',
    purpose: 'Training and evaluation of a voice assistant',
    legalBasis: 'Contract with the controller, GDPR Art. 28',
    dataCategories: 'Voice, transcripts, queries',
    subjectCategories: 'Invented speakers',
    endsOn: new Date(now.getTime() + 365 * 86_400_000).toISOString().slice(0, 10),
    retentionDays: 30,
    atTheEnd: 'erase',
    contact: 'privacy desk of the client',
  })
  await browser.post(`/clients/${client}/people`, { person: speaker.id })
  return client
}

/**
 * The client's speaker registers a delivery key (an age recipient) and two people here confirm it.
 * A demonstration has no day of waiting.
 */
export async function confirmDeliveryKey(
  client: string,
  recipient: string,
  { speaker, confirming }: { speaker: Person; confirming: readonly [Person, Person] },
): Promise<void> {
  const path = `/clients/${client}/delivery-keys`
  const { key } = read(await speaker.browser.post(path, { recipient }), 'key')
  for (const one of confirming) {
    await one.stepUp()
    await one.browser.post(`${path}/${key}/confirm`)
  }
}

/**
 * Everybody comes in through the doors with a badge of their own, and signs in again where they sit:
 * a session belongs to a presence.
 */
export async function letIn(stage: Stage, workers: readonly Person[]): Promise<void> {
  const people = workers.map(({ id }, at) => ({ id, credential: `badge-${at + 1}` }))
  for (const { id, credential } of people)
    await stage.operator.post(`/people/${id}/badges`, { credential })
  const simulator = await stage.admit(people)
  for (const { id } of people) {
    const walk = await simulator.walk(id, 'floor-1')
    if (!walk.arrived) throw new Fault(`${id} was stopped at ${walk.stoppedBy?.portal ?? 'a door'}`)
  }
  await simulator.tick()
  await pause(1000)
  for (const worker of workers) await worker.signIn()
}
