import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { clearHalfMade } from './demonstration.ts'

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
  await lay('stamp.json', 'being-made')
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
