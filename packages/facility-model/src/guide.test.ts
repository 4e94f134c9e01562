import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { shippedText, siteOf } from '../../../test/support/sites.ts'
import { planCapacity, usualDemand } from './capacity.ts'
import { checkSite } from './check.ts'
import { coverage } from './coverage.ts'
import { drawSite } from './draw.ts'
import { exampleSite } from './examples.ts'
import { drawPlan } from './plan-chart.ts'
import { profiles } from './profiles.ts'
import { ruleIds } from './rules.ts'
import { sayCoverage, sayRules } from './rules-page.ts'

const folder = new URL('../../../docs/facility/', import.meta.url)
const page = (name: string) => readFileSync(new URL(name, folder), 'utf8')
const today = '2026-11-21'

/** The guide's file as it stands after each step that says what the check answers. */
function steps(): { text: string; says: string }[] {
  const found: { text: string; says: string }[] = []
  let text = ''
  for (const [, yaml, says] of page('guide.md').matchAll(
    /^```yaml\n([^]*?)^```|^Findings: (.*)\.$/gm,
  ))
    if (yaml !== undefined) text += `${yaml}\n`
    else found.push({ text, says: says ?? '' })
  return found
}

test('FM19 each step of the guide answers what the guide says', () => {
  const answers = steps().map(({ text }) => {
    const ids = checkSite(siteOf(text), { today }).map(({ id }) => id)
    return [...new Set(ids)].join(', ') || 'none'
  })
  assert.deepEqual(answers, ['F5, F9, F10, F15', 'F10, F15', 'none'])
  assert.deepEqual(
    steps().map(({ says }) => says),
    answers,
  )
})

test('FM19 the pages of rules and of coverage are what the command prints', () => {
  assert.equal(page('rules.md'), sayRules())
  assert.equal(page('coverage.md'), sayCoverage())
})

test('FM19 the pictures of the guide are what the command draws', async () => {
  const drawn = async (text: string) => {
    const site = siteOf(text)
    return `${await drawSite(site, checkSite(site, { today }))}\n`
  }
  assert.equal(page('pictures/harbour-1.svg'), await drawn(steps().at(-1)?.text ?? ''))
  assert.equal(page('pictures/broken-mantrap.svg'), await drawn(exampleSite('F8')))
  for (const name of ['madrid-1', 'single-room'])
    assert.equal(page(`pictures/${name}.svg`), await drawn(shippedText(name)))
  const tower = siteOf(shippedText('tower'))
  for (const { name } of [...tower.portals, ...tower.cameras])
    assert.ok(page('pictures/tower.svg').includes(`>${name}`), name)
  const ramp = [
    { date: '2027-01-01', people: 0 },
    { date: '2027-07-01', people: 400 },
    { date: '2028-01-01', people: 800 },
  ]
  const madrid = siteOf(shippedText('madrid-1'))
  const plan = planCapacity(madrid, { ...usualDemand, ramp, languages: 8 })
  assert.equal(page('pictures/plan-madrid-1.svg'), `${drawPlan(plan, madrid.title)}\n`)
})

test('FM20 each source that has a profile is held by exactly the rules that its requirements name', () => {
  for (const { profile, requirements, name } of coverage) {
    if (profile === null) continue
    const named = new Set(requirements.flatMap(({ checkedBy }) => checkedBy))
    const held = Object.entries(profiles).find(([known]) => known === profile)?.[1].rules ?? []
    assert.deepEqual([...named].sort(), [...held].sort(), name)
  }
})

test('FM20 every rule is asked for by some source, and what no rule checks has a word on who does', () => {
  const requirements = coverage.flatMap((source) => source.requirements)
  const named = new Set<string>(requirements.flatMap(({ checkedBy }) => checkedBy))
  assert.deepEqual(
    [...ruleIds].filter((id) => !named.has(id)),
    ['A1'],
  )
  for (const { checkedBy, note, asks } of requirements)
    assert.ok(checkedBy.length > 0 || (note ?? '').length > 10, asks)
})
