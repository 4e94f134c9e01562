/** A fault that the person at the terminal can act on: one line, a chosen exit code, no stack trace. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Prints what a command answers: one JSON document for programs, or the given lines for people. */
export function answer(value: unknown, asJson: boolean, lines: () => string[]): void {
  process.stdout.write(asJson ? `${JSON.stringify(value, null, 2)}\n` : `${lines().join('\n')}\n`)
}
