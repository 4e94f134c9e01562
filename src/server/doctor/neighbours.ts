import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { checkSignatures, noteVerifier, parseNote } from '@cloister/transparency-log'
import type { Config, Scanner } from '../kernel/config.ts'
import { noWitness } from './database.ts'
import { bad, type Finding, good, look, unseen, warning } from './finding.ts'

const patience = 5_000
const day = 86_400_000
/** ClamAV publishes signatures daily. */
const oldSignatures = 3 * day

/** Who an installation depends on beside its database: the clock's source, the witness, the scanner. */
export async function lookAtNeighbours(config: Config, now: Date): Promise<readonly Finding[]> {
  return [
    await look('clock', lookAtClock),
    await look('witness', () => lookAtWitness(config)),
    await look('scanner', () => lookAtScanner(config.scanner, now)),
  ].flat()
}

/** What systemd says of the machine's clock; other machines say it elsewhere. */
function lookAtClock(): Promise<Finding> {
  const question = ['show', '--property=NTPSynchronized', '--value']
  return new Promise((resolve) => {
    execFile('timedatectl', question, { timeout: patience }, (error, said) => {
      const word = error === null ? said.trim() : ''
      if (word === 'yes') resolve(good('clock', 'kept by a time server'))
      else if (word === 'no') resolve(bad('clock', 'not kept by a time server: presence needs it'))
      else resolve(unseen('clock', 'timedatectl does not say whether a time server keeps it'))
    })
  })
}

async function lookAtWitness({ witness, logOrigin, demonstration }: Config): Promise<Finding> {
  if (demonstration) return unseen('witness', "a demonstration's own lives within it")
  if (witness === null) return noWitness
  if (logOrigin === null) return unseen('witness', 'log.origin is not known to this part')
  const hash = createHash('sha256').update(logOrigin).digest('hex')
  const url = `${witness.url.replace(/\/$/, '')}/${hash}/checkpoint`
  const answer = await fetch(url, {
    signal: AbortSignal.timeout(patience),
    redirect: 'error',
  }).catch(() => null)
  if (answer === null) return bad('witness', `${witness.url} does not answer`)
  if (answer.status === 404) return warning('witness', 'it knows this log not yet, or not at all')
  if (!answer.ok) return bad('witness', `it answers ${answer.status}`)
  const note = new Uint8Array(await answer.arrayBuffer())
  if (checkSignatures(parseNote(note), [noteVerifier(witness.key)]).length === 0)
    return bad('witness', 'it answers, and signs with another key than the configuration names')
  return good('witness', 'it answers, and its signature is of the key that the configuration names')
}

async function lookAtScanner(scanner: Scanner, now: Date): Promise<Finding> {
  if (scanner.kind === 'none') return warning('scanner', 'none: what arrives is not scanned')
  const said = await askClamd(scanner)
  // `ClamAV 1.4.3/27800/Fri Nov 20 09:31:05 2026`, as clamd(8) has it; in the machine's own time zone.
  const [version = '', number, date = ''] = said.split('/')
  if (!version.startsWith('ClamAV')) return bad('scanner', 'what answers there is no clamd')
  const made = Date.parse(date)
  if (number === undefined || Number.isNaN(made))
    return bad('scanner', `${version} has no signatures: run freshclam`)
  const words = `${version}, signatures ${number} of ${date}`
  return now.getTime() - made > oldSignatures
    ? warning('scanner', `${words}: older than three days`)
    : good('scanner', words)
}

function askClamd(scanner: Exclude<Scanner, { kind: 'none' }>): Promise<string> {
  const address =
    scanner.kind === 'socket' ? { path: scanner.path } : { host: scanner.host, port: scanner.port }
  return new Promise((resolve, reject) => {
    const socket = connect(address)
    let said = ''
    socket.setTimeout(patience, () => {
      socket.destroy(new Error('clamd does not answer'))
    })
    socket.on('error', () => {
      reject(new Error('clamd does not answer: imports are refused'))
    })
    socket.on('data', (piece) => {
      said += piece.toString('latin1')
      if (said.length > 1024) socket.destroy(new Error('too long'))
    })
    socket.on('end', () => {
      resolve(said.replace(/\0.*$/s, ''))
    })
    socket.on('connect', () => {
      socket.write('zVERSION\0')
    })
  })
}
