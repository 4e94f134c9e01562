/**
 * The program of dist/cloister-verify.mjs: what a client runs on any Node to check what was handed
 * over. It is built into one file, so it imports Node's built-ins and our packages only.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { checkLog, checkProof, type Finding } from './offline.ts'
import { checkPackage } from './package.ts'
import { answer, Fault } from './terminal.ts'

type Options = Readonly<Record<string, string | undefined>> & { readonly policy: string }
interface Check {
  readonly usage: string
  readonly options: readonly string[]
  run(path: string, options: Options): Promise<Finding>
}

const checks: Readonly<Record<string, Check>> = {
  log: {
    usage: 'log DIR --policy FILE [--since CHECKPOINT] [--json]',
    options: ['since'],
    run: (dir, { policy, since }) => checkLog(dir, { policy, since }),
  },
  delivery: {
    usage: 'delivery PACKAGE --policy FILE [--json]',
    options: [],
    run: (path, { policy }) => checkPackage(path, policy),
  },
  proof: {
    usage: 'proof FILE --policy FILE [--entry FILE] [--json]',
    options: ['entry'],
    run: (file, { policy, entry }) => checkProof(file, { policy, entry }),
  },
}

const usage = [
  'Checks what a Cloister installation handed over, offline. The policy says whom you trust.',
  '',
  ...Object.values(checks).map((check) => `  node cloister-verify.mjs ${check.usage}`),
  '',
  'Example: node cloister-verify.mjs log export --policy client.policy',
  'Exit code: 0 sound, 1 not sound, 2 could not be checked.',
].join('\n')

async function main([name, ...rest]: readonly string[]): Promise<void> {
  if (name === '--help' || name === undefined) {
    console.log(usage)
    if (name === undefined) process.exitCode = 2
    return
  }
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined
  if (check === undefined)
    throw new Fault(`'${name}' is none of ${Object.keys(checks).join(', ')}`, 2)
  const { path, options, json } = readArguments(check, rest)
  const { report, lines } = await check.run(path, options)
  if (!report.sound && !json) throw new Fault(lines.join(' '))
  answer(report, json, () => [...lines])
  if (!report.sound) process.exitCode = 1
}

function readArguments(
  check: Check,
  args: readonly string[],
): { path: string; options: Options; json: boolean } {
  const wrong = new Fault(`write: node cloister-verify.mjs ${check.usage}`, 2)
  const text = [...check.options, 'policy'].map((name) => [name, { type: 'string' }] as const)
  const options: ParseArgsConfig['options'] = {
    ...Object.fromEntries(text),
    json: { type: 'boolean' },
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [path, ...more] = positionals
    const named = Object.entries(values).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    )
    const { policy, ...others } = Object.fromEntries(named)
    if (path === undefined || more.length > 0 || policy === undefined) throw wrong
    return { path, options: { ...others, policy }, json: values['json'] === true }
  } catch {
    throw wrong
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Fault)) throw error
  process.stderr.write(`cloister-verify: ${error.message}\n`)
  process.exitCode = error.exitCode
}
