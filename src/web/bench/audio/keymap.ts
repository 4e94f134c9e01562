import { everywhere } from '../core/keys.ts'

/** What a key can ask of a recording, besides arrows and labels. */
export type Command =
  | 'playPause'
  | 'playSegment'
  | 'loop'
  | 'next'
  | 'previous'
  | 'split'
  | 'merge'
  | 'remove'
  | 'undo'
  | 'redo'
  | 'clear'
  | 'write'
  | 'answer'
  | 'tier'
  | 'slower'
  | 'faster'
  | 'markIn'
  | 'markOut'
  | 'start'
  | 'end'

/** By the physical key, with what is held: `Ctrl+Shift+KeyZ`. */
export const commands: Readonly<Record<string, Command>> = {
  ...everywhere,
  Space: 'playPause',
  'Ctrl+Space': 'playPause',
  KeyP: 'playSegment',
  KeyL: 'loop',
  KeyJ: 'next',
  KeyK: 'previous',
  KeyS: 'split',
  KeyM: 'merge',
  Enter: 'write',
  KeyA: 'answer',
  KeyT: 'tier',
  Comma: 'slower',
  Period: 'faster',
  KeyI: 'markIn',
  KeyO: 'markOut',
  Home: 'start',
  End: 'end',
}

/** Keys that a label cannot have. */
export const reservedCodes: ReadonlySet<string> = new Set(Object.keys(commands))
