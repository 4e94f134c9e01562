import type { ZoneKind } from './site.ts'

/** The drawing's colours; each is also told by a word, a dash or a weight. */
export const palette = {
  paper: '#ffffff',
  ink: '#1d2935',
  muted: '#566573',
  line: '#7c8b99',
  in: '#1c5fa6',
  out: '#9a5b00',
  exit: '#0b7a43',
  exitPaper: '#eefaf3',
  broken: '#c4122f',
  camera: '#39434d',
} as const

/** How a zone looks by its kind. */
export const zoneLook: Readonly<
  Record<ZoneKind, { fill: string; stroke: string; weight: number; ink: string; words: string }>
> = {
  public: { fill: '#f1f2f4', stroke: '#c2c8cf', weight: 1, ink: '#4b5763', words: 'public' },
  controlled: {
    fill: '#e8f0f9',
    stroke: '#7fa3c9',
    weight: 1.5,
    ink: '#1f456e',
    words: 'controlled',
  },
  secure: { fill: '#e0f1e8', stroke: '#2c7a54', weight: 3, ink: '#14532f', words: 'secure' },
  technical: {
    fill: '#f2ebf8',
    stroke: '#9577b3',
    weight: 1.5,
    ink: '#533673',
    words: 'technical',
  },
  building: { fill: 'none', stroke: '#9aa6b2', weight: 1.2, ink: '#566573', words: 'building' },
}
