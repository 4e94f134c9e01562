/** A whole number from the command line, as in `--annotators 40`; for a quick look, not for a figure. */
export function option(name: string, usual: number): number {
  const at = process.argv.indexOf(`--${name}`)
  if (at === -1) return usual
  const given = Number(process.argv[at + 1])
  if (Number.isSafeInteger(given) && given > 0) return given
  throw new Error(`--${name} takes a whole number above 0`)
}

/** Tells whoever watches what is being prepared; figures go to standard output alone. */
export function say(words: string): void {
  if (process.stderr.isTTY || process.argv.includes('--progress'))
    process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${words} …\n`)
}

/** `--cpu-prof DIRECTORY` on the command line has the server leave a profile there when it ends. */
export function profiling(): string[] {
  const at = process.argv.indexOf('--cpu-prof')
  return at === -1 ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.argv[at + 1] ?? '.'}`]
}
