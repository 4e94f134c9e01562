import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { clearHalfMade, markFresh } from './demonstration.ts'

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
