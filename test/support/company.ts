import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { importManifest } from '../../src/cli/manifest/import.ts'
import type { Browser } from '../../src/cli/stage/browser.ts'
import {
  admitToWork,
  confirmDeliveryKey,
  foundSite,
  hire,
  letIn,
  type Person,
  publishRules,
  setUpClient,
  setUpProject,
} from '../../src/cli/stage/cast.ts'
import { demonstrationSite, openStage, type Stage } from '../../src/cli/stage/stage.ts'
import type { Product } from './product.ts'

/** People at work over the real doors of a product: hired, admitted, in the room, signed in. */
export interface Company {
  readonly stage: Stage
  readonly project: string
  readonly annotators: readonly Person[]
  readonly reviewers: readonly Person[]
  readonly manager: Person
  readonly releaser: Person
  /** Speaks for the client. */
  readonly speaker: Person
  /** What the client verifies and opens with: files. */
  readonly policy: string
  readonly identity: string
  close(): Promise<void>
}

const schema = { name: 'spans', version: 1, kind: 'text', labels: [{ name: 'word' }] }

/** Hires a company around a product, with a project of these texts and a client whose key is in effect. */
export async function openCompany(
  product: Product,
  folder: string,
  of: { texts: readonly string[]; annotators: number; reviewers: number },
): Promise<Company> {
  const now = new Date()
  const stage = await openStage(product.server, {
    directory: join(folder, 'stage'),
    ports: { workstations: 0, client: 0 },
    // Machines of the stage say that the server is away, which is what the test brings about.
    onFault: () => undefined,
  })
  await stage.operator.post('/site', { file: await demonstrationSite() })
  const [post = ''] = stage.seats('guard')
  const officers = await foundSite(stage, ['Sofia', 'Otto'], post)
  const staff = (name: string, roles: ('recruiter' | 'manager' | 'releaser')[], seat = post) =>
    hire(stage, officers, { name, seat, roles })
  const recruiter = await staff('Rosa', ['recruiter'])
  const manager = await staff('Mara', ['manager'])
  const releaser = await staff('Noor', ['releaser'])
  const speaker = await staff('Carla', [], 'client')
  await publishRules(recruiter)
  const workers: Person[] = []
  const seats = stage.seats('annotation').slice(0, of.annotators + of.reviewers)
  for (const [at, seat] of seats.entries()) {
    const worker = await staff(`Worker ${at + 1}`, [], seat)
    await admitToWork(recruiter, worker, { languages: ['en'], kinds: ['text'] }, now)
    workers.push(worker)
  }
  const client = await setUpClient(manager, 'Client', speaker, now)
  const team = workers.map(({ id: person }, at) => ({
    person,
    roles: [at < of.annotators ? ('annotator' as const) : ('reviewer' as const)],
  }))
  const guideline = 'Mark the first word.'
  const wanted = { code: 'aurora', kind: 'text', schema, guideline } as const
  const project = await setUpProject(manager, client, wanted, team)
  const { identity, recipient } = await writeClientKey(folder)
  await confirmDeliveryKey(client, recipient, { speaker, confirming: [manager, releaser] })
  await importTexts(stage, project, folder, of.texts)
  await letIn(stage, workers)
  const policy = join(folder, 'policy')
  await writeFile(policy, product.server.policy)
  return {
    ...{ stage, project, manager, releaser, speaker, policy, identity },
    ...{ annotators: workers.slice(0, of.annotators), reviewers: workers.slice(of.annotators) },
    close: () => stage.close(),
  }
}

async function importTexts(
  stage: Stage,
  project: string,
  folder: string,
  texts: readonly string[],
): Promise<void> {
  const manifest = join(folder, 'manifest.jsonl')
  const lines = texts.map((text, at) =>
    JSON.stringify({
      ...{ item_ref: `item-${at}`, subject_refs: ['s-1'], language: 'en', kind: 'text', text },
    }),
  )
  await writeFile(manifest, lines.join('\n'))
  await importManifest(stage.operator, project, manifest, 'utf-8', () => undefined)
}

/** Makes the key with which the client opens; answers its file and its recipient. */
async function writeClientKey(folder: string): Promise<{ identity: string; recipient: string }> {
  const key = await generateX25519Identity()
  const identity = join(folder, 'key.txt')
  await writeFile(identity, `${key}\n`, { mode: 0o600 })
  return { identity, recipient: await identityToRecipient(key) }
}

/** What a page got: status 0 where nobody answered, else the answer with the refusal's kind. */
export async function tried(
  browser: Browser,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: object,
): Promise<{ status: number; kind: string; body: Record<string, unknown> }> {
  try {
    const { status, bytes } = await browser.bytes(method, path, body)
    const said = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
    return { status, kind: String(said['type']).replace('/problems/', ''), body: said }
  } catch {
    return { status: 0, kind: 'unreachable', body: {} }
  }
}
