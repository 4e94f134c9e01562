<<<<<<< HEAD
/** `npm run bench -- NAME [--json]`: runs bench/NAME.ts, which exports `run(json)`. */
const [name = '', ...flags] = process.argv.slice(2)
if (/^[a-z][a-z0-9-]*$/.test(name) && name !== 'main') {
  const bench = (await import(`./${name}.ts`)) as { run(json: boolean): Promise<void> }
  await bench.run(flags.includes('--json'))
} else {
  console.error('Name one bench: npm run bench -- NAME [--json]')
  process.exitCode = 2
=======
/** Runs one bench of this folder: npm run bench -- NAME [--json]. Each compares within the same run. */
import { existsSync, readdirSync } from 'node:fs'

const [name = '', ...flags] = process.argv.slice(2)
const known = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -3))
const file = new URL(`./${name}.ts`, import.meta.url)
if (!/^[a-z-]+$/.test(name) || name === 'main' || !existsSync(file)) {
  console.error(`Say which bench: npm run bench -- NAME [--json], NAME one of ${known.join(', ')}.`)
  process.exitCode = 2
} else {
  const { run } = (await import(file.href)) as { run: (json: boolean) => Promise<void> }
  await run(flags.includes('--json'))
>>>>>>> h/agreement
}
