import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const scratch = mkdtempSync(join(tmpdir(), 'cloister-policy-'))
after(() => {
  rmSync(scratch, { recursive: true })
})

/** A copy of the policies with one part of one file changed. */
function copy(name: string, file: string, from: string | RegExp, to: string): string {
  const folder = join(scratch, name)
  cpSync('policies', folder, { recursive: true })
  const path = join(folder, file)
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
  return folder
}

function policy(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['dist/cli/main.js', 'policy', ...args],
    { encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

test('GATE8 the command checks the shipped policies, tries their cases, and refuses text that is not valid', () => {
  const cases = policy('cases', '--json')
  assert.equal(cases.status, 0, cases.stderr)
  const answer = JSON.parse(cases.stdout) as { cases: number; wrong: unknown[] }
  assert.ok(answer.cases >= 198)
  assert.deepEqual(answer.wrong, [])
  const broken = copy('broken', 'staff.cedar', 'context.actor.active', 'context.actor.alive')
  const refused = policy('check', broken)
  assert.equal(refused.status, 2)
  assert.match(refused.stderr, /^cloister: .*broken: policies: .*alive.*\n$/)
  const wrong = copy('wrong', 'cases/site.json', '"as": "device"', '"as": "operator"')
  const failed = policy('cases', wrong)
  assert.equal(failed.status, 1)
  assert.match(failed.stdout, /^operator is not to be let site[.]backup: allowed by operators\n/)
})

test('GATE8 the command says whom a change lets in, and exits 1', () => {
  const staff = /\(context[.]actor[.]roles[.]contains\("auditor"\) [|][|] (.*?)\)\n/
  const narrow = copy('narrow', 'staff.cedar', staff, '$1\n')
  const people = JSON.parse(readFileSync('policies/cases/people.json', 'utf8')) as object
  const few = Object.entries(people).filter(([name]) => name === 'auditor')
  writeFileSync(join(narrow, 'cases/people.json'), JSON.stringify(Object.fromEntries(few)))
  for (const name of readdirSync(join(narrow, 'cases')))
    if (name !== 'people.json') rmSync(join(narrow, 'cases', name))
  const { status, stdout, stderr } = policy('diff', 'policies', narrow)
  assert.equal(status, 1, stderr)
  assert.match(stdout, /^auditor loses, at the outside door, always:\n {2}audit[.]/m)
  assert.doesNotMatch(stdout, /gains/)
})
