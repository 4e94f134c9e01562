import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { actions } from '#shared/actions.ts'
import { problems } from '#shared/problems.ts'
import { schemaFile, schemaText } from '../tools/schema.mjs'

const folder = (name: string) => new URL(`../${name}`, import.meta.url).pathname
const read = (name: string) => readFileSync(folder(name), 'utf8')

/** Every rule's number with the files of docs/rules that state it. */
function rules(): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const name of readdirSync(folder('docs/rules')))
    for (const [, number = ''] of read(`docs/rules/${name}`).matchAll(/^- ([A-Z]+\d+) /gm))
      found.set(number, [...(found.get(number) ?? []), name])
  return found
}

/** Every number that begins a test's name, with the files that use it; and names without one. */
function testNames(): { numbers: Map<string, Set<string>>; without: string[] } {
  const numbers = new Map<string, Set<string>>()
  const without: string[] = []
  const files = ['src', 'packages', 'test'].flatMap((root) =>
    readdirSync(folder(root), { recursive: true, encoding: 'utf8' })
      .map((name) => `${root}/${name}`)
      .filter((name) => /[.]test[.]tsx?$/.test(name) && !/\/(dist|node_modules)\//.test(name)),
  )
  for (const file of files)
    for (const [, , name = ''] of read(file).matchAll(/(?<![.\w])test\(\s*(['"`])(.*?)\1/gs)) {
      const [number] = /^[A-Z]+\d+(?= )/.exec(name) ?? []
      if (number === undefined) without.push(`${file}: ${name}`)
      else numbers.set(number, (numbers.get(number) ?? new Set()).add(file))
    }
  return { numbers, without }
}

test('HOUSE3 every rule has one number, and no number stands in two places', () => {
  const twice = [...rules()].filter(([, files]) => files.length > 1)
  assert.deepEqual(twice, [])
})

test('HOUSE4 every rule has a test and every test a rule', () => {
  const [stated, { numbers, without }] = [rules(), testNames()]
  assert.ok(numbers.size > 100, `only ${String(numbers.size)} numbers were found in tests`)
  assert.deepEqual(without, [], 'tests whose names begin with no number')
  assert.deepEqual(
    [...stated.keys()].filter((number) => !numbers.has(number)),
    [],
    'rules without a test',
  )
  assert.deepEqual(
    [...numbers].filter(([number]) => !stated.has(number)).map(([n, files]) => [n, ...files]),
    [],
    'tests without a rule',
  )
})

test('HOUSE5 docs/problems.md explains every refusal, with its status and title, and no other', () => {
  const explained = [...read('docs/problems.md').matchAll(/^## (.+)\n\n\*\*(\d+)\*\* · (.+)$/gm)]
  assert.deepEqual(
    explained.map(([, kind, status, title]) => [kind, { status: Number(status), title }]),
    Object.entries(problems),
  )
})

test('HOUSE6 the schema of the policies is the one that the catalogue of acts gives', () => {
  assert.equal(
    readFileSync(schemaFile, 'utf8'),
    schemaText(),
    'run tools/schema.mjs, which rewrites policies/schema.cedarschema',
  )
})

test('HOUSE7 a language with words for refusals has them for every kind and every condition', () => {
  const conditions = [...read('policies/access.cedar').matchAll(/^@id\("(.+)"\)\s*forbid/gm)]
  assert.ok(conditions.length >= 12)
  const keys = conditions.map(([, id = '']) =>
    id.replaceAll(/-(.)/g, (_, c: string) => c.toUpperCase()),
  )
  for (const language of readdirSync(folder('src/web/locales'))) {
    const file = join('src/web/locales', language, 'refusals.json')
    if (!existsSync(folder(file))) continue
    const words = JSON.parse(read(file)) as Record<string, string>
    assert.deepEqual(
      keys.filter((key) => !(key in words)),
      [],
      `${language}: conditions without words`,
    )
    assert.deepEqual(
      Object.keys(problems).filter(
        (kind) => !new RegExp(` ${kind.replaceAll('-', '_')} \\{`).test(words['problem'] ?? ''),
      ),
      [],
      `${language}: refusals without words`,
    )
  }
})

test('WEB13 every act has words in every language, and no words name an act that is not there', () => {
  for (const language of readdirSync(folder('src/web/locales'))) {
    const file = join('src/web/locales', language, 'records.json')
    if (!existsSync(folder(file))) continue
    const { actWords = '' } = JSON.parse(read(file)) as Record<string, string>
    const named = [...actWords.matchAll(/ (\w+) \{/g)].map(([, name = '']) => name)
    const acts = Object.keys(actions).map((act) => act.replaceAll('.', '_'))
    assert.deepEqual(named.toSorted(), [...acts, 'other'].toSorted(), language)
  }
})

test('HOUSE8 every paper that a paper points to is there', () => {
  const papers = ['.', 'docs', 'src', 'packages'].flatMap((root) =>
    readdirSync(folder(root), { recursive: root !== '.', encoding: 'utf8' })
      .map((name) => join(root, name))
      .filter((name) => name.endsWith('.md') && !/(^|\/)(dist|node_modules)\//.test(name)),
  )
  assert.ok(papers.length > 50, `only ${String(papers.length)} papers were read`)
  const lost = papers.flatMap((paper) => {
    const text = read(paper)
    const links = [...text.matchAll(/(?<!!)\[[^\]]*\]\(([^)\s#:]+)(?:#[^)]*)?\)/g)].map(
      ([, to = '']) => join(dirname(paper), to),
    )
    const named = [...text.matchAll(/\bdocs\/[\w/-]+[.]md\b/g)].map(([name]) => name)
    return [...links, ...named]
      .filter((to) => !existsSync(folder(to)))
      .map((to) => `${paper}: ${to}`)
  })
  assert.deepEqual(lost, [])
})
