import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Annotation, parseAnnotation, sameAnnotation } from '@cloister/annotation-formats'
import { parseSite, workstationsOf } from '@cloister/facility-model'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { exportLog } from '../export.ts'
import { importManifest } from '../manifest/import.ts'
import { checkLog } from '../offline.ts'
import { openPackage } from '../open-package.ts'
import { checkPackage } from '../package.ts'
import {
  admitToWork,
  confirmDeliveryKey,
  foundSite,
  hire,
  letIn,
  type Person,
  publishRules,
  read,
  setUpClient,
  setUpProject,
} from '../stage/cast.ts'
import { clearDirectory } from '../stage/clear.ts'
import {
  type BeginServer,
  demonstrationSite,
  demonstrationWitness,
  openStage,
  type Stage,
} from '../stage/stage.ts'
import { Fault } from '../terminal.ts'
import { jsonLines, type Material, type MaterialFiles, memberOf, readMaterial } from './material.ts'
import { annotate, Answers, chance, review } from './work.ts'

export interface RehearsalOptions extends MaterialFiles {
  readonly out: string
  readonly annotators: number
  readonly errorRate: number
  readonly seed: number
  readonly say: (words: string) => void
  readonly onProgress: (done: number, all: number) => void
}

/** What happened, in numbers. */
export interface Rehearsed {
  readonly items: number
  readonly rejected: number
  readonly annotated: number
  readonly mistakes: number
  readonly reviewed: number
  readonly corrected: number
  readonly delivered: number
  /** Delivered annotations that equal the answers (order of regions, ids and times aside). */
  readonly equal: number
  readonly leaves: number
  readonly refusals: Readonly<Record<string, number>>
  readonly seconds: number
  readonly verification: {
    readonly log: boolean
    readonly package: boolean
    readonly opened: boolean
  }
}

/**
 * Carries one project from import to a verified delivery on a private instance of its own: people
 * badge in through the building door, sign in with software keys, work, review, release; then
 * everything is verified as a client would, offline. `out` holds what the client would have.
 */
export async function rehearse(options: RehearsalOptions, begin: BeginServer): Promise<Rehearsed> {
  const began = Date.now()
  await demandSeats(options.annotators)
  const material = await readMaterial(options)
  await mkdir(dirname(options.out), { recursive: true })
  await mkdir(options.out).catch(() => {
    throw new Fault(`${options.out} exists already; name a directory to be made`, 2)
  })
  // Short, because a unix socket's path may have 107 bytes.
  const directory = await mkdtemp(join(tmpdir(), 'cl-'))
  const closing: (() => Promise<void>)[] = [
    async () => {
      await clearDirectory(directory)
      await rmdir(directory)
    },
  ]
  try {
    options.say('Starting a private instance …')
    const started = await begin(directory, async (logKey) => {
      const witness = await demonstrationWitness(directory, logKey, () => undefined)
      closing.push(() => witness.close())
      return { url: witness.url, key: witness.vkey }
    })
    closing.push(() => started.close())
    const stage = await openStage(started, {
      directory,
      ports: { workstations: 0, client: 0 },
      onFault: () => undefined,
    })
    closing.push(() => stage.close())
    const played = await play(stage, material, options)
    await writeFile(join(options.out, 'policy'), started.policy)
    return {
      ...(await verified(stage, played, material, options)),
      seconds: (Date.now() - began) / 1000,
    }
  } finally {
    for (const close of closing.reverse()) await close()
    await removeUndelivered(options.out)
  }
}

/** Before anything is started: the annotators and one reviewer sit at seats of the site. */
async function demandSeats(annotators: number): Promise<void> {
  const parsed = parseSite(await demonstrationSite(), 'site.yaml')
  if ('faults' in parsed) throw new Error('the demonstration has no valid site file')
  const seats = workstationsOf(parsed.site).filter(({ use }) => use === 'annotation').length
  if (annotators + 1 > seats)
    throw new Fault(
      `the demonstration site has ${seats} seats, one for the reviewer; take at most ${seats - 1} annotators`,
      2,
    )
}

/** A folder without a delivery holds nothing of worth: removed, so that the same command can be given again. */
async function removeUndelivered(out: string): Promise<void> {
  const delivered = await stat(join(out, 'delivery.tar')).catch(() => null)
  if (delivered === null) await rm(out, { recursive: true, force: true })
}

interface Played {
  readonly imported: { accepted: number; rejected: number }
  readonly annotated: number
  readonly mistakes: number
  readonly reviewed: number
  readonly corrected: number
}

async function play(stage: Stage, material: Material, options: RehearsalOptions): Promise<Played> {
  const now = new Date()
  options.say('Hiring people and building the site …')
  await stage.operator.post('/site', { file: await demonstrationSite() })
  const [post = 'ws-13'] = stage.seats('guard')
  const officers = await foundSite(stage, ['Sofia', 'Otto'], post)
  const recruiter = await hire(stage, officers, { name: 'Rosa', seat: post, roles: ['recruiter'] })
  const manager = await hire(stage, officers, { name: 'Mara', seat: post, roles: ['manager'] })
  const releaser = await hire(stage, officers, { name: 'Noor', seat: post, roles: ['releaser'] })
  const speaker = await hire(stage, officers, { name: 'Carla', seat: 'client', roles: [] })
  await publishRules(recruiter)
  const seats = stage.seats('annotation')
  const workers: Person[] = []
  for (let at = 0; at <= options.annotators; at += 1) {
    const name = at === options.annotators ? 'Ben' : `Annotator ${at + 1}`
    const worker = await hire(stage, officers, { name, seat: seats[at] ?? '', roles: [] })
    await admitToWork(
      recruiter,
      worker,
      { languages: material.languages, kinds: [material.kind] },
      now,
    )
    workers.push(worker)
  }
  const client = await setUpClient(manager, 'Client of the rehearsal', speaker, now)
  const project = await projectOf(manager, client, material, workers)
  await confirmDeliveryKey(client, await writeClientKey(options.out), {
    speaker,
    confirming: [manager, releaser],
  })

  options.say('Importing …')
  const imported = await importManifest(
    stage.operator,
    project,
    options.manifest,
    options.encoding,
    () => undefined,
  )
  await letIn(stage, workers)

  options.say('Annotating and reviewing …')
  let done = 0
  const tell = () => {
    done += 1
    options.onProgress(done, 2 * imported.accepted)
  }
  const answers = new Answers(material.answers.values())
  const made = await Promise.all(
    workers
      .slice(0, -1)
      .map((worker, at) =>
        annotate(
          worker,
          project,
          { schema: material.schema, answers },
          options.errorRate,
          chance(options.seed + at),
          tell,
        ),
      ),
  )
  const [reviewer] = workers.slice(-1)
  if (reviewer === undefined) throw new Error('there is nobody to review')
  const reviewed = await review(reviewer, project, answers, tell)
  options.say('Releasing and building the package …')
  await deliver(stage, { project, manager, releaser, speaker }, options.out)
  const sum = (of: (one: (typeof made)[number]) => number) =>
    made.reduce((all, one) => all + of(one), 0)
  return {
    imported,
    annotated: sum((one) => one.done),
    mistakes: sum((one) => one.mistakes),
    reviewed: reviewed.accepted + reviewed.corrected,
    corrected: reviewed.corrected,
  }
}

async function projectOf(
  manager: Person,
  client: string,
  { kind, schema }: Material,
  workers: readonly Person[],
): Promise<string> {
  const team = workers.map((worker, at) => ({
    person: worker.id,
    roles: [at === workers.length - 1 ? ('reviewer' as const) : ('annotator' as const)],
  }))
  const guideline = 'Label what you see or hear, exactly as the schema names it.'
  return setUpProject(manager, client, { code: 'aurora', kind, schema, guideline }, team)
}

/** Makes the key with which the client opens, where the client would keep it. */
async function writeClientKey(out: string): Promise<string> {
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  await writeFile(join(out, 'client-key.txt'), `# recipient: ${recipient}\n${identity}\n`, {
    mode: 0o600,
  })
  return recipient
}

async function deliver(
  stage: Stage,
  who: { project: string; manager: Person; releaser: Person; speaker: Person },
  out: string,
): Promise<void> {
  await who.manager.stepUp()
  const proposed = await who.manager.browser.post(`/projects/${who.project}/deliveries`)
  const { delivery } = read(proposed, 'delivery')
  await who.releaser.stepUp()
  await who.releaser.browser.post(`/deliveries/${delivery}/approve`)
  for (let tries = 0; ; tries += 1) {
    const { deliveries } = {
      deliveries: memberOf(await who.speaker.browser.get('/client/deliveries'), 'deliveries'),
    }
    if (
      Array.isArray(deliveries) &&
      deliveries.some((one) => memberOf(one, 'delivery') === delivery)
    )
      break
    if (tries > 600) throw new Fault('the package was not built within five minutes')
    await pause(500)
  }
  const { status, bytes } = await who.speaker.browser.bytes(
    'GET',
    `/deliveries/${delivery}/package`,
  )
  if (status !== 200) throw new Fault(`the package could not be downloaded (${status})`)
  await writeFile(join(out, 'delivery.tar'), bytes)
  await who.speaker.browser.post(`/deliveries/${delivery}/receipt`, { accepted: true })
}

/** What a client checks, with nothing but the files in `out`. */
async function verified(
  stage: Stage,
  played: Played,
  material: Material,
  { out, say }: RehearsalOptions,
): Promise<Omit<Rehearsed, 'seconds'>> {
  say('Verifying, offline …')
  const policy = join(out, 'policy')
  const exported = await exportLog(stage.operator, join(out, 'log'), () => undefined)
  await copyFile(join(out, 'log', 'checkpoint'), join(out, 'checkpoint'))
  const log = await checkLog(join(out, 'log'), { policy })
  const sealed = await checkPackage(join(out, 'delivery.tar'), policy)
  const identity = join(out, 'client-key.txt')
  const opened = await openPackage(join(out, 'delivery.tar'), {
    policy,
    identity,
    out: join(out, 'opened'),
  })
  const compared = opened.report.sound
    ? await compare(join(out, 'opened'), material)
    : { delivered: 0, equal: 0 }
  return {
    items: played.imported.accepted + played.imported.rejected,
    rejected: played.imported.rejected,
    ...{ annotated: played.annotated, mistakes: played.mistakes },
    ...{ reviewed: played.reviewed, corrected: played.corrected },
    ...compared,
    leaves: exported.size,
    refusals: await refusalsIn(join(out, 'log')),
    verification: {
      log: log.report.sound,
      package: sealed.report.sound,
      opened: opened.report.sound,
    },
  }
}

async function compare(
  opened: string,
  material: Material,
): Promise<{ delivered: number; equal: number }> {
  const count = { delivered: 0, equal: 0 }
  // Nobody can tell items with the same content apart: each delivered one takes one of their answers.
  const left = new Map<string, Annotation[]>()
  for (const { content, annotation } of material.answers.values())
    left.set(content, [...(left.get(content) ?? []), annotation])
  const folder = join(opened, 'annotations')
  for (const name of (await readdir(folder)).sort())
    for await (const [, line] of jsonLines(join(folder, name))) {
      count.delivered += 1
      const known = material.answers.get(String(memberOf(line, 'item_ref')))
      const found = parseAnnotation(memberOf(line, 'annotation'))
      if (known === undefined || !found.ok) continue
      const wanted = left.get(known.content) ?? []
      const at = wanted.findIndex((right) =>
        sameAnnotation({ ...right, schema: found.value.schema }, found.value),
      )
      if (at < 0) continue
      wanted.splice(at, 1)
      count.equal += 1
    }
  return count
}

/** How often the gate refused, by the condition that it named; read from the exported entries. */
async function refusalsIn(log: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const folder = join(log, 'tile', 'entries')
  for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue
    const bytes = await readFile(join(name.parentPath, name.name))
    for (let at = 0; at + 2 <= bytes.length;) {
      const length = bytes.readUInt16BE(at)
      const entry: unknown = JSON.parse(bytes.toString('utf8', at + 2, at + 2 + length))
      at += 2 + length
      if (memberOf(entry, 'outcome') !== 'refused') continue
      const policies = memberOf(entry, 'policies')
      for (const policy of Array.isArray(policies) ? policies : [])
        counts[String(policy)] = (counts[String(policy)] ?? 0) + 1
    }
  }
  return counts
}
