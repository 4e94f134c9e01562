import { Type, type Static } from 'typebox'

const Words = Type.String({ maxLength: 200 })

/** What the start program says at `GET /demonstration.json`, beside the page of the building. */
export const Demonstration = Type.Object({
  /** The invented people, by the ids that the simulated building knows. */
  people: Type.Array(Type.Object({ id: Words, name: Words, role: Words })),
  /** What people call the zones of the building. */
  zones: Type.Array(Type.Object({ zone: Words, title: Words })),
  /** Pages to open: workstations, and the client's outside door. */
  places: Type.Array(Type.Object({ name: Words, address: Words })),
})
export type Demonstration = Static<typeof Demonstration>

/** As much of the simulated building's `GET /state` as the page shows. */
export const BuildingState = Type.Object({
  site: Words,
  zones: Type.Array(Words),
  people: Type.Array(Type.Object({ id: Words, zone: Words })),
})
export type BuildingState = Static<typeof BuildingState>
