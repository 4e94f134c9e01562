/** Builds the whole product: catalogues, types and programs, the web application, the one-file verifier. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (name) => join(root, 'node_modules/.bin', name)

function run(command, args) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

if (existsSync(join(root, 'tools/catalogues.mjs')))
  run(process.execPath, [join(root, 'tools/catalogues.mjs')])
run(bin('tsc'), ['-b'])
if (existsSync(join(root, 'vite.config.js'))) run(bin('vite'), ['build', '--logLevel', 'warn'])
if (existsSync(join(root, 'tools/verifier.mjs')))
  run(process.execPath, [join(root, 'tools/verifier.mjs')])
