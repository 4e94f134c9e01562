/**
 * Takes the pictures of docs/pictures anew: runs the journeys through the demonstration with
 * CLOISTER_SHOTS and keeps, of what they took, what the README and the guides show.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pictures = join(root, 'docs/pictures')
/** The name of each kept picture, and that under which a journey took it. */
const kept = {
  'bench-audio': 'bench-audio',
  'bench-text': 'bench-text',
  building: 'building',
  closed: 'blank',
  records: 'records',
  'sign-in': 'sign-in',
}

const taken = mkdtempSync(join(tmpdir(), 'pictures-'))
const journeys = ['demonstration', 'hiring'].map((name) => `test/journeys/${name}.test.ts`)
const tsx = join(root, 'node_modules/.bin/tsx')
const { status } = spawnSync(tsx, ['-C', 'source', 'tools/test.ts', ...journeys], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, CLOISTER_SHOTS: taken, TSX_TSCONFIG_PATH: 'tsconfig.base.json' },
})
if (status === 0)
  for (const [name, from] of Object.entries(kept))
    copyFileSync(join(taken, `${from}.png`), join(pictures, `${name}.png`))
rmSync(taken, { recursive: true })
process.exitCode = status ?? 1
