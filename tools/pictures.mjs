/**
 * Takes the pictures of docs/pictures anew: runs the journeys through the demonstration with
 * CLOISTER_SHOTS and keeps, of what they took, what the README and the guides show. Where a picture
 * is missing or too heavy for a page, none is replaced. What stands in them is invented; codes and
 * times differ from one run to the next. Named journeys alone: `npm run pictures -- hiring`.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pictures = join(root, 'docs/pictures')
/** A guide should open at once, also over a slow line. */
const heaviest = 250_000
/** Each journey with what of it is walked, and under which names its pictures are kept. */
const journeys = [
  {
    name: 'demonstration',
    kept: {
      'bench-audio': 'bench-audio',
      'bench-text': 'bench-text',
      building: 'building',
      client: 'client',
      'client-of-desk': 'client-of-desk-mara',
      closed: 'blank',
      deliveries: 'deliveries',
      entry: 'entry',
      gatehouse: 'gatehouse',
      person: 'person',
      records: 'records',
      review: 'review',
      'sign-in': 'sign-in',
    },
  },
  { name: 'hiring', kept: { 'about-me': 'about-me', waiting: 'waiting' } },
  { name: 'web-bench-text', only: 'BENCH20', kept: { bench: 'bench-text-en-light-1440' } },
]

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => journeys.every((journey) => journey.name !== name))
if (unknown.length > 0) {
  console.error(`No journey with pictures is called ${unknown.join(', ')}.`)
  process.exit(1)
}
const walked = journeys.filter(({ name }) => asked.length === 0 || asked.includes(name))

const taken = mkdtempSync(join(tmpdir(), 'pictures-'))
try {
  for (const { name, only } of walked) {
    const { status } = spawnSync(
      process.execPath,
      [
        ...['-C', 'source', '--import', 'tsx', '--test'],
        ...(only === undefined ? [] : [`--test-name-pattern=${only}`]),
        `test/journeys/${name}.test.ts`,
      ],
      {
        cwd: root,
        stdio: 'inherit',
        env: { ...process.env, CLOISTER_SHOTS: taken, TSX_TSCONFIG_PATH: 'tsconfig.base.json' },
      },
    )
    if (status !== 0) throw new Error(`The journey '${name}' failed, so no picture was replaced.`)
  }
  const pairs = walked.flatMap(({ kept }) => Object.entries(kept))
  for (const [name, from] of pairs) {
    const { size } = statSync(join(taken, `${from}.png`))
    if (size > heaviest) throw new Error(`${name}.png has ${size} bytes; ${heaviest} are allowed.`)
  }
  for (const [name, from] of pairs)
    copyFileSync(join(taken, `${from}.png`), join(pictures, `${name}.png`))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(taken, { recursive: true })
}
