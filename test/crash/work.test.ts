import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { exportLog } from '../../src/cli/export.ts'
import { checkLog } from '../../src/cli/offline.ts'
import { openPackage } from '../../src/cli/open-package.ts'
import { checkPackage } from '../../src/cli/package.ts'
import type { Person } from '../../src/cli/stage/cast.ts'
import { scratchDirectory } from '../support/cluster.ts'
import { type Company, openCompany, tried } from '../support/company.ts'
import { type Product, startProduct } from '../support/product.ts'

const texts = Array.from({ length: 60 }, (_, at) => `sentence ${at} of the project`)
const folder = scratchDirectory()
const opened: { product?: Product; company?: Company } = {}
after(async () => {
  await opened.company?.close()
  await opened.product?.kill()
  await rm(folder, { recursive: true, force: true })
})

/** What was sent for one item, and the last of it that was answered as done. */
class Ledger {
  readonly #sent = new Map<string, string[]>()
  readonly #done = new Map<string, string>()
  #number = 0

  /** An annotation like no other, noted as sent. */
  next(place: string): object {
    this.#number += 1
    const id = `r${this.#number}`
    this.#sent.set(place, [...(this.#sent.get(place) ?? []), id])
    return { schema: 'spans@1', regions: [{ id, anchor: { text: [[0, 4]] }, label: 'word' }] }
  }

  acknowledge(place: string): void {
    const [last] = (this.#sent.get(place) ?? []).slice(-1)
    if (last !== undefined) this.#done.set(place, last)
  }

  get acknowledged(): number {
    return this.#done.size
  }

  /** What may be found now: what was acknowledged last, or anything that was sent after it. */
  allowed(place: string): string[] {
    const sent = this.#sent.get(place) ?? []
    return sent.slice(Math.max(0, sent.indexOf(this.#done.get(place) ?? '')))
  }

  /** Whether something must be found. */
  kept(place: string): boolean {
    return this.#done.has(place)
  }
}

const regionIn = (annotation: unknown) =>
  (annotation as { regions: { id: string }[] }).regions.map(({ id }) => id).join()

interface Work {
  readonly company: Company
  readonly drafts: Ledger
  readonly submitted: Ledger
  readonly corrected: Ledger
  readonly reviewed: Set<string>
  readonly refusals: Map<string, number>
  /** Set once every item is accepted. */
  over: boolean
}

/** Asks until somebody answers; what is not an answer from a healthy server is asked again. */
async function next(work: Work, person: Person, path: string) {
  while (!work.over) {
    const { status, kind, body } = await tried(person.browser, 'POST', path)
    if (status === 200) return body
    if (kind !== 'no-task') work.refusals.set(kind, (work.refusals.get(kind) ?? 0) + 1)
    await sleep(status === 404 ? 150 : 300)
  }
  return null
}

async function annotate(work: Work, person: Person): Promise<void> {
  for (;;) {
    const task = await next(work, person, `/projects/${work.company.project}/next`)
    if (task === null) return
    const [id, sha256, draft] = [String(task['task']), String(task['sha256']), task['draft']]
    const place = `${person.id} ${sha256}`
    // A task that comes back shows the last draft that was acknowledged, or a later one.
    if (work.drafts.allowed(place).length > 0 && work.submitted.allowed(sha256).length === 0) {
      const found = task['annotation']
      const lost = found === null && work.drafts.kept(place)
      assert.ok(!lost, 'a draft is lost')
      if (found !== null)
        assert.ok(work.drafts.allowed(place).includes(regionIn(found)), 'a draft is another')
    }
    const saved = await tried(person.browser, 'PUT', `/tasks/${id}/draft`, {
      ...{ annotation: work.drafts.next(place), base: draft },
    })
    if (saved.status !== 200) continue
    work.drafts.acknowledge(place)
    const done = await tried(person.browser, 'POST', `/tasks/${id}/submit`, {
      ...{ annotation: work.submitted.next(sha256), next: false },
    })
    if (done.status === 200) work.submitted.acknowledge(sha256)
  }
}

async function review(work: Work, person: Person): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const task = await next(work, person, `/projects/${work.company.project}/next-review`)
    if (task === null) return
    const [id, sha256] = [String(task['task']), String(task['sha256'])]
    const allowed = work.submitted.allowed(sha256)
    assert.ok(allowed.includes(regionIn(task['annotation'])), 'a submitted annotation is lost')
    const decision =
      turn % 3 === 0
        ? { decision: 'correct', annotation: work.corrected.next(sha256) }
        : { decision: 'accept' }
    const path = `/tasks/${id}/review`
    const done = await tried(person.browser, 'POST', path, { ...decision, next: false })
    if (done.status !== 200) continue
    if (turn % 3 === 0) work.corrected.acknowledge(sha256)
    work.reviewed.add(sha256)
  }
}

async function accepted(company: Company): Promise<number> {
  const path = `/projects/${company.project}/progress`
  const { body } = await tried(company.manager.browser, 'GET', path)
  return (body['review'] as { accepted?: number } | undefined)?.accepted ?? 0
}

const work: { done?: Work } = {}

test('FT1 however often the whole product is killed under people at work, nothing acknowledged is lost, no item is lost or doubled, and the log verifies', async () => {
  const product = await startProduct(join(folder, 'p'))
  opened.product = product
  const company = await openCompany(product, folder, { texts, annotators: 3, reviewers: 2 })
  opened.company = company
  const at: Work = {
    ...{ company, drafts: new Ledger(), submitted: new Ledger(), corrected: new Ledger() },
    ...{ reviewed: new Set(), refusals: new Map(), over: false },
  }
  work.done = at
  const people = Promise.all([
    ...company.annotators.map((person) => annotate(at, person)),
    ...company.reviewers.map((person) => review(at, person)),
  ])
  const killing = (async () => {
    for (const until of [6, 16, 28, 42]) {
      while (at.submitted.acknowledged < until) await sleep(5)
      await product.kill()
      await product.start()
    }
    while ((await accepted(company)) < texts.length) await sleep(300)
    at.over = true
  })()
  await Promise.all([people, killing])

  const db = product.look()
  const tasks = await db.selectFrom('annotation.task').select(['item', 'type', 'state']).execute()
  const items = await db.selectFrom('projects.item').select('id').execute()
  await db.destroy()
  assert.equal(items.length, texts.length)
  for (const type of ['annotate', 'review'] as const) {
    const own = tasks.filter((task) => task.type === type)
    assert.deepEqual(own.map(({ item }) => item).sort(), items.map(({ id }) => id).sort())
    assert.deepEqual([...new Set(own.map(({ state }) => state))], ['accepted'], type)
  }
  assert.ok(
    (at.refusals.get('unreachable') ?? 0) + (at.refusals.get('server-unreachable') ?? 0) > 0,
  )
  await verifyLogOf(company, 'log-1')
})

async function verifyLogOf(company: Company, name: string): Promise<void> {
  await exportLog(company.stage.operator, join(folder, name), () => undefined)
  const policy = join(folder, `${name}.policy`)
  const text = await readFile(company.policy, 'utf8')
  await writeFile(policy, text.replace(/^delivery.*\n/m, ''))
  const { report, lines } = await checkLog(join(folder, name), { policy })
  assert.equal(report.sound, true, lines.join('\n'))
}

test('FT2 a product that is killed while it builds a delivery shows no half package, and the next start completes it', async () => {
  const { product, company } = opened
  const at = work.done
  assert.ok(product && company && at)
  const { manager, releaser, speaker, project } = company
  await manager.stepUp()
  const made = await tried(manager.browser, 'POST', `/projects/${project}/deliveries`, {})
  assert.equal(made.status, 200, JSON.stringify(made.body))
  const delivery = String(made.body['delivery'])
  await releaser.stepUp()
  const packages = join(product.directory, 'deliveries')
  const drafts = async () => await readdir(join(packages, 'incoming')).catch(() => [])
  const state = async () => {
    const { body } = await tried(manager.browser, 'GET', `/projects/${project}/deliveries`)
    const rows = (body['deliveries'] ?? []) as { delivery: string; state: string }[]
    return rows.find((row) => row.delivery === delivery)?.state
  }
  const approved = await tried(releaser.browser, 'POST', `/deliveries/${delivery}/approve`, {})
  assert.equal(approved.status, 200)
  let struck = 0
  for (let kills = 0; kills < 3; kills += 1) {
    while ((await drafts()).length === 0 && (await state()) !== 'built') await sleep(1)
    await product.kill()
    const [left, whole] = [await drafts(), (await readdir(packages)).includes(`${delivery}.tar`)]
    if (left.length > 0 && !whole) struck += 1
    await product.start()
    if (!whole) {
      const { body } = await tried(speaker.browser, 'GET', '/client/deliveries')
      const seen = body['deliveries'] as { state: string; size: number | null }[]
      assert.ok(seen.every((row) => row.state === 'built' && row.size !== null))
    }
  }
  assert.ok(struck > 0, 'no kill struck a build')
  while ((await state()) !== 'built') await sleep(100)
  assert.deepEqual(await drafts(), [])
  assert.deepEqual((await readdir(packages)).sort(), [`${delivery}.tar`, 'incoming'])
  const { status, bytes } = await speaker.browser.bytes('GET', `/deliveries/${delivery}/package`)
  assert.equal(status, 200)
  const file = join(folder, 'delivery.tar')
  await writeFile(file, bytes)
  const sealed = await checkPackage(file, company.policy)
  assert.equal(sealed.report.sound, true, sealed.lines.join('\n'))
  const out = join(folder, 'opened')
  await openPackage(file, { policy: company.policy, identity: company.identity, out })
  const lines = (await readFile(join(out, 'annotations/00001.jsonl'), 'utf8')).trim().split('\n')
  const delivered = lines.map(
    (line) => JSON.parse(line) as { source: { text: string }; annotation: unknown },
  )
  assert.deepEqual(delivered.map(({ source }) => source.text).sort(), [...texts].sort())
  for (const { source, annotation } of delivered) {
    const sha256 = createHash('sha256').update(source.text).digest('hex')
    const corrections = at.corrected.allowed(sha256)
    const allowed = [...corrections, ...at.submitted.allowed(sha256)]
    assert.ok(allowed.includes(regionIn(annotation)), `the annotation of '${source.text}' is lost`)
  }
  await verifyLogOf(company, 'log-2')
})

test('FT3 a product whose database dies says so and ends, and the next start goes on with all of it', async () => {
  const { product, company } = opened
  assert.ok(product && company)
  const file = join(product.directory, 'postgres/data/postmaster.pid')
  const [pid = ''] = (await readFile(file, 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
  assert.equal(await product.ended(), 1)
  assert.match(product.said(), /the database has ended/)
  await product.start()
  assert.equal(await accepted(company), texts.length)
  await verifyLogOf(company, 'log-3')
})
