import { Type, type Static } from 'typebox'

const portal = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' })
const strict = { additionalProperties: false } as const
const at = <K extends string>(kind: K) => Type.Object({ kind: Type.Literal(kind), portal }, strict)

/**
 * What can go wrong on request at a portal. The line and the clock of its controller: `duplicate`
 * and `lost` concern the next event, `late` holds everything back until `line-restored`. The door:
 * `forced`, `held`, `restored`, an `emergency` exit opened, a `tailgate` behind somebody else.
 */
export const SimulatorFault = Type.Union([
  at('duplicate'),
  at('lost'),
  at('late'),
  at('line-restored'),
  Type.Object(
    {
      ...{ kind: Type.Literal('clock-step'), portal },
      ms: Type.Integer({ minimum: -3_600_000, maximum: 3_600_000 }),
    },
    strict,
  ),
  at('epoch-reset'),
  at('forced'),
  at('held'),
  at('restored'),
  at('emergency'),
  Type.Object({ kind: Type.Literal('tailgate'), portal, person: Type.String() }, strict),
])
export type SimulatorFault = Static<typeof SimulatorFault>

const ofControllers = [
  'duplicate',
  'lost',
  'late',
  'line-restored',
  'clock-step',
  'epoch-reset',
] as const
type ControllerKind = (typeof ofControllers)[number]

/** Whether a fault concerns the controller rather than the door. */
export function isControllerFault(
  fault: SimulatorFault,
): fault is Extract<SimulatorFault, { kind: ControllerKind }> {
  return ofControllers.some((kind) => kind === fault.kind)
}
