import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'cloister-agreement-'))
after(() => {
  rmSync(folder, { recursive: true })
})
const root = new URL('../../../', import.meta.url).pathname

function cloister(args: string[], input = '') {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist/cli/main.js'), ...args],
    {
      cwd: root,
      input,
      encoding: 'utf8',
    },
  )
  return { status, stdout, stderr }
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const ratings = 'item,rater,value\n1,ada,a\n1,ben,a\n2,ada,b\n2,ben,b\n3,ada,a\n3,ben,b\n'

test('AG22 the command agreement answers people in words and programs in JSON, from a file or a pipe', () => {
  const path = file('ratings.csv', ratings)
  const json = cloister(['agreement', path, '--metric', 'brennan-prediger', '--json'])
  const answer = JSON.parse(json.stdout) as Record<string, unknown>
  assert.ok(Math.abs((answer['value'] as number) - 1 / 3) < 1e-12)
  assert.deepEqual([answer['metric'], answer['n'], answer['raters']], ['brennan-prediger', 3, 2])
  const piped = cloister(['agreement', '-', '--metric', 'brennan-prediger'], ratings)
  assert.match(
    piped.stdout,
    /^brennan-prediger: 0\.3333, 95 % interval .* \(3 items, 2 raters\)\n$/,
  )
})

test('AG22 a wrong line, metric or file ends with one line on standard error and a code other than 0', () => {
  const broken = file('broken.csv', `${ratings}3,ada,b\n`)
  const cases: [string[], RegExp][] = [
    [
      ['agreement', broken, '--metric', 'fleiss-kappa'],
      /broken\.csv: line 8: this rater has rated/,
    ],
    [['agreement', broken, '--metric', 'nope'], /Choose from cohen-kappa/],
    [['agreement', join(folder, 'none.csv'), '--metric', 'fleiss-kappa'], /cannot be read/],
    [['sampling', '--lot', '2000', '--aql', '0.9'], /Choose from 0\.01/],
    [['chart', join(folder, 'none.csv')], /cannot be read/],
  ]
  for (const [args, message] of cases) {
    const { status, stdout, stderr } = cloister(args)
    assert.notEqual(status, 0)
    assert.equal(stdout, '')
    assert.match(stderr, message)
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  }
  const going = cloister(['agreement', broken, '--metric', 'fleiss-kappa', '--keep-going'])
  assert.equal(going.status, 0)
  assert.match(going.stdout, /Lines left out: 1\n {2}line 8: this rater/)
})

test('AG22 sampling plans and draws, chart marks signals, and plots have their tables beside them', () => {
  const drawn = cloister([
    'sampling',
    '--lot',
    '2000',
    '--aql',
    '1.0',
    '--draw',
    '--seed',
    '7',
    '--json',
  ])
  const plan = JSON.parse(drawn.stdout) as { sample: number; accept: number; drawn: number[] }
  assert.deepEqual([plan.sample, plan.accept, plan.drawn.length], [125, 3, 125])
  assert.ok(plan.drawn.every((unit) => unit >= 1 && unit <= 2000))
  const samples = file('weeks.csv', 'sample,count,size\nw1,3,50\nw2,4,50\nw3,2,50\nw4,22,50\n')
  const svg = join(folder, 'weeks.svg')
  const charted = cloister(['chart', samples, '--plot', svg])
  assert.match(charted.stdout, /Out of control:\n {2}w4: 0\.44, rule 1\n/)
  assert.match(readFileSync(svg, 'utf8'), /^<svg /)
  assert.match(readFileSync(join(folder, 'weeks.table.csv'), 'utf8'), /w4,0\.44,.*,1/)
})
