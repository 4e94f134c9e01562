/** Rewrites src/server/migrations/manifest.json: the SHA-256 of each migration, by name. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../src/server/migrations/', import.meta.url))
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .sort()
const hashes = names.map((name) => [
  name,
  createHash('sha256')
    .update(readFileSync(`${folder}/${name}`))
    .digest('hex'),
])
writeFileSync(`${folder}/manifest.json`, `${JSON.stringify(Object.fromEntries(hashes), null, 2)}\n`)
console.log(`${names.length} migrations`)
