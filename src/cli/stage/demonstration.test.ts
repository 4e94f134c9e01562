import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { clearHalfMade, markFresh, readCast, runDemonstration } from './demonstration.ts'

test('DAY13 a first start that was cut off begins anew, and one that was cut off after its last step goes on', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cloister-stage-'))
  t.after(() => rm(directory, { recursive: true }))
  const lay = async (...names: string[]) => {
    for (const name of names) await writeFile(join(directory, name), '{}')
    await mkdir(join(directory, 'postgres'), { recursive: true })
  }
  const left = async () => (await readdir(directory)).sort()
  const said: string[] = []
  const clear = () => clearHalfMade(directory, (words) => said.push(words))
  await lay('stamp.json', 'being-made', 'published.json', 'operator.sock')
  await clear()
  assert.deepEqual(await left(), [])
  assert.equal(said.length, 1)
  const whole = ['cast.json', 'postgres', 'stamp.json']
  await lay('stamp.json', 'cast.json')
  await clear()
  assert.deepEqual(await left(), whole)
  await lay('being-made')
  await clear()
  assert.deepEqual(await left(), whole, 'the installation and its cast stay together')
})

test('DAY14 an installation that came back without its cast is refused and left as it is, and only an empty directory is marked', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cloister-stage-'))
  t.after(() => rm(directory, { recursive: true }))
  await mkdir(join(directory, 'postgres'))
  await writeFile(join(directory, 'stamp.json'), '{}')
  for (let times = 0; times < 2; times += 1) {
    await clearHalfMade(directory, () => undefined)
    await assert.rejects(markFresh(directory), /no cast[.]json.*nothing was changed/)
    assert.deepEqual((await readdir(directory)).sort(), ['postgres', 'stamp.json'])
  }
  await writeFile(join(directory, 'cast.json'), '{}')
  await markFresh(directory)
  assert.deepEqual((await readdir(directory)).sort(), ['cast.json', 'postgres', 'stamp.json'])
  const fresh = join(directory, 'fresh')
  await mkdir(fresh)
  await markFresh(fresh)
  assert.deepEqual(await readdir(fresh), ['being-made'])
  const own = join(directory, 'own')
  await mkdir(join(own, 'client'), { recursive: true })
  await assert.rejects(markFresh(own), /not empty [(]client[)].*nothing was changed/)
  assert.deepEqual(await readdir(own), ['client'])
})

test('DAY13 a database that lies elsewhere goes with its first start, and nothing else that a link leads to', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cloister-stage-'))
  t.after(() => rm(directory, { recursive: true }))
  const own = join(directory, 'own')
  const made = join(directory, 'made')
  for (const one of [own, made]) await mkdir(one)
  const begin = async (target: string) => {
    await mkdir(target, { recursive: true })
    await symlink(target, join(made, 'postgres'))
    await writeFile(join(made, 'being-made'), '')
    await clearHalfMade(made, () => undefined)
    assert.deepEqual(await readdir(made), [])
  }
  await begin(own)
  await access(own)
  if (process.getuid?.() !== 0) {
    t.diagnostic('only root lays databases below /var/lib/cloister')
    return
  }
  const elsewhere = `/var/lib/cloister/postgres-${randomBytes(6).toString('hex')}`
  t.after(() => rm(elsewhere, { recursive: true, force: true }))
  await begin(elsewhere)
  await assert.rejects(access(elsewhere))
})

test('DAY15 a damaged cast is refused with what to do', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cloister-stage-'))
  t.after(() => rm(directory, { recursive: true }))
  assert.equal(await readCast(directory), null)
  for (const text of ['', '{"people":', '{"people":[{}]}', '[]']) {
    await writeFile(join(directory, 'cast.json'), text)
    await assert.rejects(readCast(directory), /cast[.]json is damaged; remove .* to begin anew/)
  }
})

test('DAY16 Ctrl-C is heard during a first start too: it ends after the step under way, and the next start begins anew', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cloister-stage-'))
  t.after(() => rm(directory, { recursive: true }))
  const listening = () => [process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')]
  const before = listening()
  let closed = 0
  await runDemonstration(
    directory,
    30_000 + randomInt(2_000) * 10,
    () => {
      process.emit('SIGINT')
      const close = () => {
        closed += 1
        return Promise.resolve()
      }
      const ground = { ports: {}, authority: '', operatorSocket: join(directory, 'none') }
      return Promise.resolve({ ...ground, policy: '', close })
    },
    (_, work) => work(),
  )
  assert.deepEqual([closed, await readdir(directory)], [1, ['being-made']])
  assert.deepEqual(listening(), before)
})
