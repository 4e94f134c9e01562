import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as agreement from './index.ts'

const folder = new URL('../../../docs/statistics/', import.meta.url)
const pages = readdirSync(folder).filter((name) => name !== 'README.md')

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text)
  await Promise.resolve()
}

function blocks(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(
    (m) => m[1]!,
  )
}

/** The options of an example command, as the command line turns them into. */
function optionsOf(command: string): Record<string, string | number> {
  const options: Record<string, string | number> = {}
  for (const [, flag, value] of command.matchAll(/--([a-z-]+) ([^-\s][^\s]*)/g)) {
    const name = flag!.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
    options[name] = Number.isNaN(Number(value)) ? value! : Number(value)
  }
  return options
}

/** Numbers printed with six decimals, texts and lists as they are; parts that a page leaves out are free. */
function assertHolds(actual: unknown, printed: unknown, where: string): void {
  if (typeof printed === 'number')
    assert.ok(
      typeof actual === 'number' && Math.abs(actual - printed) <= 5.1e-7,
      `${where}: ${String(actual)} is not ${printed}`,
    )
  else if (typeof printed === 'object' && printed !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, where)
    if (Array.isArray(printed)) assert.equal((actual as unknown[]).length, printed.length, where)
    for (const [key, value] of Object.entries(printed))
      assertHolds((actual as Record<string, unknown>)[key], value, `${where}.${key}`)
  } else assert.deepEqual(actual, printed, where)
}

async function answerTo(command: string, csv: string): Promise<unknown> {
  const options = optionsOf(command)
  if (command.startsWith('cloister agreement'))
    return agreement.measureTable(
      bytesOf(csv),
      'csv',
      options as unknown as agreement.MeasureOptions,
    )
  if (command.startsWith('cloister chart'))
    return agreement.chartTable(bytesOf(csv), 'csv', options['kind'] as 'p')
  const plan = agreement.samplingPlan(Number(options['lot']), Number(options['aql']), 'II')
  return {
    ...plan,
    acceptedAtAql: agreement.acceptanceProbability(plan.sample, plan.accept, plan.aql / 100),
    quality95: agreement.qualityAt(plan.sample, plan.accept, 0.95) * 100,
    quality10: agreement.qualityAt(plan.sample, plan.accept, 0.1) * 100,
  }
}

for (const name of pages)
  test(`AG21 the numbers on docs/statistics/${name} are what the package answers`, async () => {
    const page = readFileSync(new URL(name, folder), 'utf8')
    const examples = blocks(page, 'json').map((text) => JSON.parse(text) as Record<string, unknown>)
    if (name !== 'intervals.md') assert.ok(examples.length > 0)
    const [command] = blocks(page, 'sh')
    for (const example of examples) {
      if (typeof example['call'] === 'string') {
        const call = (agreement as unknown as Record<string, (...args: unknown[]) => unknown>)[
          example['call']
        ]
        const table = example['ratings'] as number[][] | undefined
        const first = table === undefined ? [] : [agreement.ratingsFromTable(table)]
        assertHolds(call!(...first, ...(example['args'] as unknown[])), example['answer'], name)
      } else assertHolds(await answerTo(command!, blocks(page, 'csv')[0] ?? ''), example, name)
    }
  })

test('AG21 every metric of the command has a page, and every page is in the list', () => {
  const list = readFileSync(new URL('README.md', folder), 'utf8')
  for (const metric of agreement.metricNames) {
    const page = metric.startsWith('gwet-ac') ? 'gwet-ac' : metric
    assert.ok(pages.includes(`${page}.md`), metric)
  }
  for (const page of pages) assert.ok(list.includes(`(${page})`), page)
  for (const page of pages) {
    const text = readFileSync(new URL(page, folder), 'utf8')
    assert.match(text, /^## Source$/m, page)
    for (const [, link] of text.matchAll(/\]\(([a-z-]+[.]md)\)/g))
      assert.ok(pages.includes(link!), link)
  }
})
