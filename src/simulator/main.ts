import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { factorKinds } from '../shared/facility.ts'
import { startControl } from './control.ts'
import { startSimulator } from './simulator.ts'

const name = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,62}$' })
const names = Type.Array(name, { maxItems: 1000 })
const factors = Type.Array(Type.Union(factorKinds.map((kind) => Type.Literal(kind))), {
  maxItems: 3,
})
const strict = { additionalProperties: false } as const

/** The settings file of the program: where to listen, whom to talk to, what to simulate. */
const Settings = Type.Object(
  {
    control: Type.Object({ port: Type.Integer(), origins: Type.Array(Type.String()) }, strict),
    buildingDoor: Type.Object(
      { host: Type.String(), port: Type.Integer(), caFile: Type.String() },
      strict,
    ),
    dir: Type.String(),
    stepMs: Type.Integer({ minimum: 0, maximum: 5000 }),
    site: Type.Object(
      {
        ...{ name, outside: name, screening: names, lockers: names },
        portals: Type.Array(
          Type.Object(
            {
              ...{ id: name, from: name, to: name, in: factors, out: factors, controller: name },
              emergency: Type.Optional(Type.Boolean()),
            },
            strict,
          ),
          { maxItems: 1000 },
        ),
      },
      strict,
    ),
    people: Type.Array(Type.Object({ id: name, credential: name, zones: names }, strict)),
    /** One-time codes by controller, needed until each has enrolled. */
    codes: Type.Record(name, Type.String()),
  },
  strict,
)

async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [file] = positionals
  if (file === undefined || positionals.length > 1)
    throw new Error('usage: simulator SETTINGS.json, for example: simulator building.json')
  const settings: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!Check(Settings, settings)) throw new Error(`${file} does not have the form of settings.`)
  const { host, port, caFile } = settings.buildingDoor
  const simulator = await startSimulator({
    ...{ site: settings.site, people: settings.people, dir: settings.dir },
    ...{ stepMs: settings.stepMs, clock: () => new Date() },
    buildingDoor: { host, port, ca: await readFile(caFile, 'utf8') },
    onFault: (words) => {
      process.stderr.write(`simulator: ${words}\n`)
    },
    code: (id) => {
      const code = settings.codes[id]
      if (code === undefined) return Promise.reject(new Error(`There is no code for ${id}.`))
      return Promise.resolve(code)
    },
  })
  const control = await startControl(simulator, settings.control)
  // The timers of the simulator do not keep the process alive; its listener does.
  const end = () => void control.close().then(() => simulator.close())
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  process.stdout.write(`${JSON.stringify({ control: control.url })}\n`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : 'failed'}\n`)
  process.exitCode = 1
}
