/** `npm run bench -- NAME [--json]`: runs bench/NAME.ts, which exports `run(json)`. */
const [name = '', ...flags] = process.argv.slice(2)
if (/^[a-z][a-z0-9-]*$/.test(name) && name !== 'main') {
  const bench = (await import(`./${name}.ts`)) as { run(json: boolean): Promise<void> }
  await bench.run(flags.includes('--json'))
} else {
  console.error('Name one bench: npm run bench -- NAME [--json]')
  process.exitCode = 2
}
