/**
 * Compiles src/web/locales/<language>/<domain>.json (ICU MessageFormat) to typed functions.
 * The English catalogue names the keys and their arguments; every other language must have the
 * same ones, and every plural must have each form that its language uses.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, TYPE } from '@formatjs/icu-messageformat-parser'

const source = 'en'
const numberStyles = new Set(['', 'integer', 'percent'])
const dateStyles = new Set(['', 'short', 'medium', 'long', 'full'])
const key = /^[a-z][A-Za-z0-9]*$/

/**
 * @param {{ language: string, domain: string, text: string }[]} catalogues every file, as read
 * @returns {{ files: Map<string, string>, faults: string[] }} sources by path below locales/, or
 *   every fault found, each naming language, domain and key
 */
export function compileCatalogues(catalogues) {
  const faults = []
  const languages = [...new Set(catalogues.map((c) => c.language))].sort()
  const domains = [...new Set(catalogues.map((c) => c.domain))].sort()
  const read = new Map()
  for (const { language, domain, text } of catalogues)
    read.set(`${language}/${domain}`, readCatalogue(language, domain, text, faults))

  for (const domain of domains) {
    const model = read.get(`${source}/${domain}`)
    if (model === undefined) {
      faults.push(`${source}/${domain}: this catalogue is missing, others translate it`)
      continue
    }
    for (const language of languages) compare(domain, language, model, read, faults)
  }
  if (faults.length > 0) return { files: new Map(), faults }

  const files = new Map([
    ['shapes.gen.ts', writeShapes(domains, read)],
    ['messages.gen.ts', writeIndex(languages, domains)],
  ])
  for (const language of languages) {
    files.set(`${language}.gen.ts`, writeLanguage(language, domains))
    for (const domain of domains)
      files.set(
        `${language}/${domain}.gen.ts`,
        writeDomain(language, domain, read.get(`${language}/${domain}`)),
      )
  }
  return { files, faults }
}

function readCatalogue(language, domain, text, faults) {
  const messages = new Map()
  let entries = {}
  try {
    entries = JSON.parse(text)
  } catch (error) {
    faults.push(`${language}/${domain}: not JSON: ${error.message}`)
  }
  for (const [name, message] of Object.entries(entries)) {
    const where = `${language}/${domain}.${name}`
    if (!key.test(name) || typeof message !== 'string' || message === '') {
      faults.push(`${where}: a key is camelCase and its message a non-empty string`)
      continue
    }
    try {
      const nodes = parse(message, { ignoreTag: true, shouldParseSkeletons: false })
      const args = new Map()
      collect(nodes, args, where, language, faults)
      messages.set(name, { nodes, args })
    } catch (error) {
      faults.push(`${where}: ${error.message}`)
    }
  }
  return messages
}

/** Gathers the arguments with their TypeScript types and checks what the functions cannot say. */
function collect(nodes, args, where, language, faults) {
  const take = (name, type) => {
    const known = args.get(name)
    // A plain mention beside a plural or a select of the same argument takes the narrower type.
    if (known === undefined || known === 'string | number') args.set(name, type)
    else if (known !== type && type !== 'string | number')
      faults.push(`${where}: {${name}} is used as ${known} and as ${type}`)
  }
  for (const node of nodes) {
    if (node.type === TYPE.argument) take(node.value, 'string | number')
    else if (node.type === TYPE.number) {
      take(node.value, 'number')
      if (!numberStyles.has(node.style ?? '')) faults.push(`${where}: number style ${node.style}`)
    } else if (node.type === TYPE.date || node.type === TYPE.time) {
      take(node.value, 'Date')
      if (!dateStyles.has(node.style ?? '')) faults.push(`${where}: date style ${node.style}`)
    } else if (node.type === TYPE.select || node.type === TYPE.plural) {
      take(node.value, node.type === TYPE.plural ? 'number' : 'string')
      if (node.type === TYPE.plural) checkForms(node, where, language, faults)
      for (const option of Object.values(node.options))
        collect(option.value, args, where, language, faults)
    }
  }
}

function checkForms(node, where, language, faults) {
  const rules = new Intl.PluralRules(language, { type: node.pluralType })
  const missing = rules.resolvedOptions().pluralCategories.filter((form) => !(form in node.options))
  if (missing.length > 0)
    faults.push(`${where}: {${node.value}} lacks the plural forms ${missing.join(', ')}`)
}

function compare(domain, language, model, read, faults) {
  const own = read.get(`${language}/${domain}`)
  if (own === undefined) {
    faults.push(`${language}/${domain}: this catalogue is missing`)
    return
  }
  for (const [name, { args }] of model) {
    const theirs = own.get(name)
    if (theirs === undefined) faults.push(`${language}/${domain}.${name}: missing`)
    else if (spell(theirs.args) !== spell(args))
      faults.push(
        `${language}/${domain}.${name}: takes (${spell(theirs.args)}), ${source} takes (${spell(args)})`,
      )
  }
  for (const name of own.keys())
    if (!model.has(name)) faults.push(`${language}/${domain}.${name}: surplus, not in ${source}`)
}

const spell = (args) =>
  [...args]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, type]) => `${name}: ${type}`)
    .join('; ')
const typeName = (domain) => `${domain[0].toUpperCase()}${domain.slice(1)}Messages`
const banner = '// Made by tools/catalogues.mjs from the catalogues beside it.\n'

function writeShapes(domains, read) {
  const shapes = domains.map((domain) => {
    const lines = [...read.get(`${source}/${domain}`)].map(([name, { args }]) =>
      args.size === 0
        ? `  readonly ${name}: () => string`
        : `  readonly ${name}: (args: { ${spell(args)} }) => string`,
    )
    return `export interface ${typeName(domain)} {\n${lines.join('\n')}\n}\n`
  })
  const members = domains.map((domain) => `  readonly ${domain}: ${typeName(domain)}`)
  return [banner, ...shapes, `export interface Messages {\n${members.join('\n')}\n}\n`].join('\n')
}

function writeIndex(languages, domains) {
  const shapes = ['Messages', ...domains.map(typeName)].join(', ')
  return [
    banner,
    `import type { Messages } from './shapes.gen.ts'`,
    `export type { ${shapes} } from './shapes.gen.ts'\n`,
    `export const languages = ${JSON.stringify(languages)} as const`,
    `export type Language = (typeof languages)[number]\n`,
    `/** Fetches the messages of one language: one small file, on first use. */`,
    `export const loadMessages: Record<Language, () => Promise<Messages>> = {`,
    ...languages.map((l) => `  ${l}: async () => (await import('./${l}.gen.ts')).messages,`),
    `}\n`,
  ].join('\n')
}

function writeLanguage(language, domains) {
  return [
    banner,
    ...domains.map((domain) => `import { ${domain} } from './${language}/${domain}.gen.ts'`),
    `import type { Messages } from './shapes.gen.ts'\n`,
    `export const messages: Messages = { ${domains.join(', ')} }\n`,
  ].join('\n')
}

function writeDomain(language, domain, messages) {
  const lines = [...messages].map(
    ([name, { nodes, args }]) => `  ${name}: (${args.size > 0 ? 'a' : ''}) => ${write(nodes, '')},`,
  )
  return [
    banner,
    `import { formatting } from '../formatting.ts'`,
    `import type { ${typeName(domain)} } from '../shapes.gen.ts'\n`,
    `const f = formatting(${JSON.stringify(language)})`,
    `void f\n`,
    `export const ${domain}: ${typeName(domain)} = {`,
    ...lines,
    `}\n`,
  ].join('\n')
}

/** One expression of type string; `pound` is what `#` stands for here. */
function write(nodes, pound) {
  if (nodes.length === 0) return '""'
  return nodes.map((node) => writeNode(node, pound)).join(' + ')
}

function writeNode(node, pound) {
  const arg = `a[${JSON.stringify(node.value)}]`
  switch (node.type) {
    case TYPE.literal:
      return JSON.stringify(node.value)
    case TYPE.argument:
      return `f.value(${arg})`
    case TYPE.number:
      return `f.number(${arg}, ${JSON.stringify(node.style ?? '')})`
    case TYPE.date:
      return `f.date(${arg}, ${JSON.stringify(node.style || 'medium')})`
    case TYPE.time:
      return `f.time(${arg}, ${JSON.stringify(node.style || 'short')})`
    case TYPE.pound:
      return pound
    case TYPE.select:
      return `f.select(${arg}, ${writeOptions(node, (value) => `() => ${write(value, pound)}`)})`
    case TYPE.plural:
      return `f.plural(${arg}, ${node.offset}, "${node.pluralType}", ${writeOptions(node, (value) => `(n) => ${write(value, 'n')}`)})`
    default:
      throw new Error(`a message part of type ${node.type} has no function`)
  }
}

const writeOptions = (node, each) =>
  `{ ${Object.entries(node.options)
    .map(([name, { value }]) => `${JSON.stringify(name)}: ${each(value)}`)
    .join(', ')} }`

function main() {
  const root = join(dirname(fileURLToPath(import.meta.url)), '../src/web/locales')
  const catalogues = readdirSync(root)
    .filter((name) => statSync(join(root, name)).isDirectory())
    .flatMap((language) =>
      readdirSync(join(root, language))
        .filter((name) => name.endsWith('.json'))
        .map((name) => ({
          language,
          domain: name.slice(0, -'.json'.length),
          text: readFileSync(join(root, language, name), 'utf8'),
        })),
    )
  const { files, faults } = compileCatalogues(catalogues)
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exit(1)
  for (const [path, text] of files) {
    const file = join(root, path)
    // An unchanged file keeps its time, so that builds that look at times stay quick.
    if (statSync(file, { throwIfNoEntry: false }) && readFileSync(file, 'utf8') === text) continue
    writeFileSync(file, text)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
