/**
 * Makes a clone ready to run with nothing but Node: installs the locked dependencies and builds,
 * each only when something changed since. With --test it also finds or installs Chromium.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const quiet = process.argv.includes('--quiet')
const say = (line) => {
  if (!quiet) console.error(line)
}
const stop = (line) => {
  console.error(line)
  process.exit(1)
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19))
  stop(`Cloister needs Node 20.19 or later; this is ${process.versions.node}.`)

/** A digest of names, sizes and times below the given paths: cheap, and enough to see a change. */
function stampOf(paths) {
  const digest = createHash('sha256')
  const walk = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return
    if (stat.isDirectory()) {
      for (const name of readdirSync(path).sort())
        if (!['node_modules', 'dist', '.git'].includes(name) && !/[.]test[.]tsx?$/.test(name))
          walk(join(path, name))
    } else digest.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`)
  }
  for (const path of paths) walk(join(root, path))
  return digest.digest('hex')
}

function unlessStamped(file, stamp, work) {
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return
  work()
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, stamp)
}

function run(command, args) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', quiet ? 'ignore' : 2, 2],
    shell: process.platform === 'win32',
  })
  if (done.status !== 0) stop(`'${[command, ...args].join(' ')}' failed; see the lines above.`)
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
unlessStamped(join(root, 'node_modules/.cloister-lock'), lock, () => {
  say('Installing the locked dependencies …')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
})

const sources = ['src', 'packages', 'policies', 'tools', 'package.json', 'tsconfig.base.json']
unlessStamped(join(root, 'dist/.built'), stampOf([...sources, 'vite.config.js']), () => {
  say('Building …')
  run(process.execPath, [join(root, 'tools/build.mjs')])
})

if (process.argv.includes('--test')) findChromium()

function findChromium() {
  const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  if (process.env.CLOISTER_CHROMIUM !== undefined || known.some((path) => existsSync(path))) return
  const debian = existsSync('/etc/debian_version')
  if (debian && process.getuid?.() === 0) {
    say('Installing Chromium for the tests …')
    const quietly = {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }
    execFileSync('apt-get', ['update', '-q'], quietly)
    execFileSync('apt-get', ['install', '-y', '-q', 'chromium', 'fonts-noto-core'], quietly)
    return
  }
  say(
    'Chromium was not found: the journeys will be skipped. Install it (Debian: sudo apt-get install chromium) or name it in CLOISTER_CHROMIUM.',
  )
}
