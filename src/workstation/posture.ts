import { createHash, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { postureBytes, type PostureChecks, type PostureReport } from '../shared/facility.ts'

/** How often a workstation reports; the gate stops trusting a report after 120 seconds. */
export const postureEveryMs = 60_000

/** A posture report signed with the workstation's key (PEM), as `PostureReport` describes. */
export function signedReport(
  key: string,
  statement: Omit<PostureReport, 'signature'>,
): PostureReport {
  const signature = sign('sha256', postureBytes(statement), { key, dsaEncoding: 'ieee-p1363' })
  return { ...statement, signature: signature.toString('base64') }
}

/** What the operator has laid down for this machine; what is not laid down is answered `unknown`. */
export interface PostureBaseline {
  /** The managed browser policy file and the SHA-256 (hexadecimal) that it must have. */
  readonly browserPolicy?: { readonly file: string; readonly sha256: string }
  /** Network interfaces that may exist beside the loopback. */
  readonly interfaces?: readonly string[]
}

/**
 * Reads what an unprivileged program can read of a Linux machine: the hash of the browser policy,
 * whether the root file system lies on dm-crypt, whether removable storage is mounted, which
 * network interfaces have addresses. Malware protection and patch level cannot be judged without
 * the site's own tools and are `unknown`; so is everything on other systems.
 */
export async function readPosture(baseline: PostureBaseline): Promise<PostureChecks> {
  const mounts = await text('/proc/self/mounts')
  return {
    malware: 'unknown',
    diskEncryption: diskEncryption(mounts),
    usb: usb(mounts),
    network: network(baseline.interfaces),
    browserPolicy: await browserPolicy(baseline.browserPolicy),
    patches: 'unknown',
  }
}

function diskEncryption(mounts: string | undefined): PostureChecks['diskEncryption'] {
  const root = mounts
    ?.split('\n')
    .map((line) => line.split(' '))
    .find(([, point]) => point === '/')?.[0]
  if (root === undefined) return 'unknown'
  // A mapper name alone may also be plain LVM: only a name given by cryptsetup is believed.
  return /^\/dev\/mapper\/(luks|crypt|.*_crypt$)/.test(root) ? 'ok' : 'unknown'
}

function usb(mounts: string | undefined): PostureChecks['usb'] {
  if (mounts === undefined) return 'unknown'
  return / \/(media|run\/media|mnt)\//.test(mounts) ? 'bad' : 'unknown'
}

function network(allowed: readonly string[] | undefined): PostureChecks['network'] {
  if (allowed === undefined) return 'unknown'
  const found = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    addresses?.some(({ internal }) => !internal) === true ? [name] : [],
  )
  return found.every((name) => allowed.includes(name)) ? 'ok' : 'bad'
}

async function browserPolicy(
  expected: PostureBaseline['browserPolicy'],
): Promise<PostureChecks['browserPolicy']> {
  if (expected === undefined) return 'unknown'
  const content = await text(expected.file)
  if (content === undefined) return 'bad'
  return createHash('sha256').update(content).digest('hex') === expected.sha256 ? 'ok' : 'bad'
}

function text(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
