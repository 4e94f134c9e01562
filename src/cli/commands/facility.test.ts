import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { shippedText } from '../../../test/support/sites.ts'

const folder = mkdtempSync(join(tmpdir(), 'facility-'))
after(() => {
  rmSync(folder, { recursive: true })
})

function put(name: string, text: string | Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

function cloister(...args: string[]) {
  const run = spawnSync(process.execPath, ['dist/cli/main.js', 'facility', ...args], {
    encoding: 'utf8',
  })
  return { status: run.status, out: run.stdout, err: run.stderr }
}

const sound = put('sound.yaml', shippedText('demonstration'))
const weak = put(
  'weak.yaml',
  shippedText('demonstration').replace('[badge, fingerprint]', '[badge]'),
)

test('FM14 check exits 0 on a site that holds, and says so', () => {
  const { status, out } = cloister('check', sound)
  assert.equal(status, 0)
  assert.equal(out, 'demonstration: holds (profile standard)\n')
})

test('FM14 check exits 1 on findings and prints them as the documented JSON', () => {
  const { status, out } = cloister('check', weak, '--json')
  assert.equal(status, 1)
  const answer = JSON.parse(out) as { site: string; findings: Record<string, unknown>[] }
  assert.equal(answer.site, 'demonstration')
  const [found] = answer.findings
  assert.deepEqual(Object.keys(found ?? {}).sort(), [
    'evidence',
    'id',
    'path',
    'rule',
    'severity',
    'source',
    'subjects',
  ])
  assert.deepEqual(
    [found?.['id'], found?.['severity'], found?.['subjects'], found?.['path']],
    [
      'F1',
      'critical',
      ['floor-door', 'floor-1'],
      ['street', 'main-door', 'lobby', 'turnstile', 'search', 'floor-door', 'floor-1'],
    ],
  )
})

test('FM14 check exits 2 on what is no site, with file, line and column and no stack trace', () => {
  const file = put('typo.yaml', shippedText('demonstration').replace('lockers:', 'lokers:'))
  const { status, out, err } = cloister('check', file)
  assert.deepEqual([status, out], [2, ''])
  assert.equal(err, `${file}:20:5: 'lokers' is no key of a zone; did you mean 'lockers'?\n`)
  const latin = cloister('check', put('latin.yaml', Uint8Array.of(0x73, 0xe9)))
  assert.deepEqual([latin.status, latin.out], [2, ''])
  assert.match(
    latin.err,
    /^cloister: .*latin.yaml:1:1: this is not UTF-8 text; save it as UTF-8\n$/,
  )
  const missing = cloister('check', join(folder, 'none.yaml'))
  assert.deepEqual([missing.status, missing.out], [2, ''])
  assert.match(missing.err, /^cloister: cannot read .*none.yaml \(ENOENT\); name a site file\n$/)
})

test('FM14 check answers what is lost with a thing, and refuses a thing that is not there', () => {
  const lost = cloister('check', sound, '--without', 'cam-tech,guard@night', '--json')
  assert.equal(lost.status, 1)
  const answer = JSON.parse(lost.out) as { findings: { id: string; subjects: string[] }[] }
  assert.deepEqual(
    answer.findings.map(({ id, subjects }) => `${id} ${subjects[0] ?? ''}`),
    ['F9 tech-door', 'F15 floor-door', 'F15 fire-1'],
  )
  const wrong = cloister('check', sound, '--without', 'cam-tek')
  assert.deepEqual([wrong.status, wrong.out], [2, ''])
  assert.match(
    wrong.err,
    /^cloister: the site has nothing named 'cam-tek' that can fail; did you mean 'cam-tech'\?\n$/,
  )
})

test('FM14 accept writes what check then accepts, and refuses what is no finding', () => {
  const words = ['--reason', 'Reader on order', '--by', 'Ana Ruiz', '--until', '2099-01-31']
  const refused = cloister('accept', weak, 'F2', 'floor-door', ...words)
  assert.equal(refused.status, 1)
  assert.match(refused.err, /has no finding F2 of floor-door; run 'facility check' first/)
  assert.equal(cloister('accept', weak, 'F1', 'floor-door', ...words).status, 0)
  const { status, out } = cloister('check', weak)
  assert.equal(status, 0)
  assert.match(out, /^demonstration: holds, 1 accepted/)
  assert.match(out, /accepted until 2099-01-31 by Ana Ruiz: Reader on order/)
  assert.ok(readFileSync(weak, 'utf8').includes('# doors, not desks'))
})

test('FM14 example prints a site with one rule broken, and schema the JSON Schema', () => {
  const broken = put('f8.yaml', cloister('example', 'F8').out)
  const { findings } = JSON.parse(cloister('check', broken, '--json').out) as {
    findings: { id: string }[]
  }
  assert.deepEqual(
    findings.map(({ id }) => id),
    ['F8'],
  )
  const schema = JSON.parse(cloister('schema').out) as { title: string }
  assert.equal(schema.title, 'Cloister site file')
})

test('FM14 draw, plan, bill and rules write what they are asked for', () => {
  const picture = join(folder, 'plan.svg')
  assert.equal(cloister('draw', sound, '--out', picture).status, 0)
  assert.match(readFileSync(picture, 'utf8'), /^<svg xmlns=.*Demonstration site.*<\/svg>\n$/s)
  const ramp = '2027-01-01=0,2027-07-01=20,2028-01-01=40'
  const plan = cloister('plan', sound, '--ramp', ramp, '--json')
  const { shortages } = JSON.parse(plan.out) as { shortages: { what: string; enoughFor: number }[] }
  assert.deepEqual(
    shortages.slice(0, 2).map(({ what, enoughFor }) => [what, enoughFor]),
    [
      ['seats', 24],
      ['lockers', 24],
    ],
  )
  assert.match(
    cloister('plan', sound, '--ramp', ramp).out,
    /^seats +short from 2027-0[78]-\d\d, enough for 24 people$/m,
  )
  assert.equal(cloister('plan', sound, '--ramp', 'soon').status, 2)
  assert.match(cloister('bill', sound).out, /^\| doors +\| badge reader/m)
  assert.match(cloister('rules', '--coverage').out, /^# What is checked, by source\n/)
})
