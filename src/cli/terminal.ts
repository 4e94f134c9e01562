/** A fault that the person at the terminal can act on: one line, a chosen exit code, no stack trace. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Errors of this house whose message is one line for whoever runs it; their modules load with their commands. */
const saidPlainly = [
  'StartFault',
  'VaultFault',
  'WitnessFault',
  'CredentialsFault',
  'DoorUnreachable',
]

/** What a person can do something about, of all that the system says of a file, a folder or an address. */
const ofTheSystem: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'access is denied',
  EPERM: 'it is not permitted',
  ENOTDIR: 'a part of this path is no folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it is there already',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
}

/**
 * The fault that an error is for whoever runs a command, or null for one that nobody expected and
 * whose stack is wanted. The line names files, addresses and refusals, and quotes no input.
 */
export function faultOf(error: unknown): Fault | null {
  if (error instanceof Fault) return error
  if (!(error instanceof Error)) return null
  if (saidPlainly.includes(error.name)) return new Fault(error.message)
  if (error.name === 'RefusedByServer') return new Fault(`the server refused: ${error.message}`)
  const { code, path, port, address } = Object.fromEntries(Object.entries(error))
  if (code === 'EADDRINUSE') {
    const place = typeof port === 'number' && port >= 0 ? `port ${port}` : String(address)
    return new Fault(`${place} is taken by another program; end that one, or choose another`)
  }
  const words = ofTheSystem[String(code)]
  return words === undefined || typeof path !== 'string' ? null : new Fault(`${path}: ${words}`)
}

/** Prints what a command answers: one JSON document for programs, or the given lines for people. */
export function answer(value: unknown, asJson: boolean, lines: () => string[]): void {
  process.stdout.write(asJson ? `${JSON.stringify(value, null, 2)}\n` : `${lines().join('\n')}\n`)
}
