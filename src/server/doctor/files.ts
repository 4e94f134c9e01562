import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdir, readFile, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config, NetworkDoor, RootKeyPlace } from '../kernel/config.ts'
import { keyRulesOf } from '../parties.ts'
import { readPublished } from '../published.ts'
import { stampDirectory } from '../stamp.ts'
import { bad, type Finding, good, look, warning } from './finding.ts'

const leastFree = 0.05
const day = 86_400_000
/** A certificate that people have to renew by hand is named this long before its end. */
const renewWithin = 30 * day

/** Everything of an installation that lies in files: state, keys, certificates, room on the disk. */
export async function lookAtFiles(config: Config, now: Date): Promise<readonly Finding[]> {
  const doors = (['inside', 'building', 'outside'] as const).flatMap((name) => {
    const door = config.parts.includes(name) ? config.doors[name] : null
    return door === null ? [] : [{ name, door }]
  })
  const found = [
    await look('state', () => lookAtState(config)),
    await look('security keys', () => lookAtModels(config)),
    await look('disk', () => lookAtDisks(config)),
    await look('keys', () => lookAtKeys(config)),
    await look('authority', async () => lookAtAuthority(config, now)),
  ]
  for (const { name, door } of doors)
    found.push(await look(`certificate ${name}`, () => lookAtCertificate(name, door, now)))
  return found.flat()
}

async function lookAtState({ directory, demonstration }: Config): Promise<Finding> {
  const { mode } = await stat(directory)
  if ((mode & 0o022) !== 0)
    return bad('state', `${directory} can be written by others: chmod go-w it`)
  await stampDirectory(directory, { demonstration, make: false })
  return good('state', `${directory} is this installation's`)
}

async function lookAtModels(config: Config): Promise<readonly Finding[]> {
  if (config.demonstration) return [warning('security keys', 'a demonstration takes any key')]
  if (config.keyModels === null) return []
  const { models } = await keyRulesOf(config)
  const count = models === 'any' ? 0 : models.size
  return [good('security keys', `${count} ${count === 1 ? 'model is' : 'models are'} allowed`)]
}

async function lookAtDisks({ directory, objects }: Config): Promise<readonly Finding[]> {
  const found: Finding[] = []
  const seen = new Set<number>()
  for (const path of [directory, objects]) {
    const at = await stat(path).catch(() => null)
    if (at === null || seen.has(at.dev)) continue
    seen.add(at.dev)
    const { bavail, blocks, ffree, files } = await statfs(path)
    const free = Math.min(bavail / Math.max(blocks, 1), files === 0 ? 1 : ffree / files)
    const words = `${Math.floor(free * 100)} % free at ${path}`
    found.push(free < leastFree ? bad('disk', words) : good('disk', words))
  }
  return found
}

/** Secrets and what they open are their owner's alone. */
async function lookAtKeys(config: Config): Promise<readonly Finding[]> {
  const places = [config.rootKey, config.serviceKey].flatMap(filesOf)
  const sealed = await readdir(config.keys).catch(() => [])
  const paths = [...places, ...sealed.map((name) => join(config.keys, name))]
  const faults: Finding[] = []
  for (const path of new Set(paths)) {
    const found = await stat(path).catch(() => null)
    if (found === null) faults.push(bad('keys', `${path} is missing or cannot be reached`))
    else if ((found.mode & 0o007) !== 0)
      faults.push(bad('keys', `${path} is open to every user: chmod o= it`))
  }
  if (faults.length > 0) return faults
  return [
    good(
      'keys',
      `${paths.length} ${paths.length === 1 ? 'file is' : 'files are'} kept from others`,
    ),
  ]
}

/** The module of a token is a library of the system, and no secret. */
function filesOf(place: RootKeyPlace | null): string[] {
  if (place === null) return []
  return place.kind === 'pkcs11' ? [place.pinFile] : [place.path, place.secret.file]
}

async function lookAtAuthority({ directory }: Config, now: Date): Promise<Finding> {
  const { authority } = await readPublished(directory)
  return endOf('authority', new X509Certificate(authority), now, 'every machine enrols anew then')
}

async function lookAtCertificate(name: string, door: NetworkDoor, now: Date): Promise<Finding> {
  const check = `certificate ${name}`
  if (door.certificate === null || door.key === null)
    return good(check, 'made anew at each start of the demonstration')
  const { mode } = await stat(door.key)
  if ((mode & 0o007) !== 0) return bad(check, `${door.key} is open to every user: chmod o= it`)
  const certificate = new X509Certificate(await readFile(door.certificate))
  if (!certificate.checkPrivateKey(createPrivateKey(await readFile(door.key))))
    return bad(check, `${door.key} is not the key of ${door.certificate}`)
  const host = door.origin?.startsWith('https:') === true ? new URL(door.origin).hostname : null
  if (host !== null && certificate.checkHost(host) === undefined)
    return bad(check, `${door.certificate} does not name ${host}`)
  return endOf(check, certificate, now, 'renew it')
}

function endOf(check: string, { validTo }: X509Certificate, now: Date, what: string): Finding {
  const left = Date.parse(validTo) - now.getTime()
  const until = new Date(validTo).toISOString().slice(0, 10)
  if (left <= 0) return bad(check, `ended on ${until}: ${what}`)
  if (left < renewWithin) return warning(check, `ends on ${until}: ${what}`)
  return good(check, `good until ${until}`)
}
