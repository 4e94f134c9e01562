import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Caller } from './domains/access/index.ts'
import type { KeyModels, KeyRules } from './domains/identity/index.ts'
import type { Config } from './kernel/config.ts'
import { StartFault } from './kernel/fault.ts'

/**
 * In the demonstration every workstation is a host of its own on this machine, `ws-3.localhost`,
 * because browsers give no key to `localhost` from there; and any key is taken.
 */
export const demonstrationKeyRules: KeyRules = {
  models: 'any',
  relyingParty(caller: Caller) {
    const host = `${caller.workstation ?? 'client'}.localhost`
    return { id: host, isOrigin: (origin) => sameHost(origin, 'http:', host) }
  },
}

/**
 * In a real installation keys belong to the name that people's browsers show at the door, the same at
 * every workstation, and only models that the site issues are taken.
 * @throws StartFault naming the setting, when the folder of models cannot be used
 */
export async function keyRulesOf({ demonstration, doors, keyModels }: Config): Promise<KeyRules> {
  if (demonstration) return demonstrationKeyRules
  const models = keyModels === null ? new Map<string, string[]>() : await readModels(keyModels)
  const nowhere = { id: 'nowhere.invalid', isOrigin: () => false }
  const partyOf = (origin: string | null | undefined) =>
    origin == null
      ? nowhere
      : { id: new URL(origin).hostname, isOrigin: (one: string) => one === origin }
  const [inside, outside] = [partyOf(doors.inside?.origin), partyOf(doors.outside?.origin)]
  return { models, relyingParty: ({ door }) => (door === 'outside' ? outside : inside) }
}

const modelFile = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.pem$/
const longestModelFile = 1 << 20

/** Models of security keys by AAGUID, each with the roots of its makers, from `<AAGUID>.pem` in a folder. */
async function readModels(folder: string): Promise<KeyModels> {
  const fault = (words: string) => new StartFault(`security_keys: ${words}`)
  const names = await readdir(folder).catch(() => {
    throw fault(`the folder ${folder} cannot be read.`)
  })
  const models = new Map<string, string[]>()
  for (const name of names.filter((one) => one.endsWith('.pem')).sort()) {
    const path = join(folder, name)
    const aaguid = modelFile.exec(name)?.[1]
    if (aaguid === undefined)
      throw fault(`${path} is not named <AAGUID>.pem, in lower case with its dashes.`)
    const text = await readFile(path, 'utf8').catch(() => {
      throw fault(`${path} cannot be read.`)
    })
    const roots = text.length > longestModelFile ? [] : certificatesIn(text)
    if (roots.length === 0) throw fault(`${path} holds no certificate in PEM that can be read.`)
    models.set(aaguid, roots)
  }
  if (models.size > 0) return models
  throw fault(`${folder} names no model: put <AAGUID>.pem with its maker's root there.`)
}

function certificatesIn(text: string): string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    return found.map((pem) => new X509Certificate(pem).toString())
  } catch {
    return []
  }
}

function sameHost(origin: string, protocol: string, host: string): boolean {
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  return url.origin === origin && url.protocol === protocol && url.hostname === host
}
