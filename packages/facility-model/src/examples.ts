import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { layout } from './accept.ts'
import type { RuleId } from './rules.ts'

/** A change of the demonstration site that breaks one rule and no other. */
export interface Example {
  /** What the change means in the building. */
  readonly story: string
  /** Each part of the file by its path, and its broken value. */
  readonly changes: readonly (readonly [path: readonly string[], value: unknown])[]
}

const sideDoor = { from: 'lobby', to: 'search', in: ['badge'], out: ['handle'], camera: 'both' }

/** One for every rule; the rule pages and the tests are made of them. */
export const examples: Readonly<Record<RuleId, Example>> = {
  F1: {
    story: 'The fingerprint reader at the floor was saved.',
    changes: [[['portals', 'floor-door', 'in'], ['badge']]],
  },
  F2: {
    story: 'Bags are searched, but nobody walks through a detector.',
    changes: [[['zones', 'search', 'screening'], ['bag-search']]],
  },
  F3: {
    story: 'People are screened on their way in and not searched on their way out.',
    changes: [[['zones', 'search', 'screening'], ['metal-detector']]],
  },
  F4: {
    story: 'The technical room can only be left with a badge.',
    changes: [[['portals', 'tech-door', 'out'], ['badge']]],
  },
  F5: {
    story: 'The fire exit tells the control room when it opens, and makes no sound on the spot.',
    changes: [[['portals', 'fire-1', 'alarm'], 'monitored']],
  },
  F6: {
    story: 'The readers of the floor door can be unscrewed without anybody noticing.',
    changes: [[['portals', 'floor-door', 'tamper'], false]],
  },
  F7: {
    story:
      'The search zone counts people in, but they leave it through the turnstile without a badge.',
    changes: [[['zones', 'search', 'antiPassback'], 'hard']],
  },
  F8: {
    story: 'A side door for deliveries leads past the turnstile into the mantrap.',
    changes: [
      [['portals', 'side-door'], { ...sideDoor, failMode: 'fail-safe' }],
      [
        ['cameras', 'cam-lobby', 'sees'],
        [
          'lobby',
          'main-door.inside',
          'turnstile.outside',
          'tech-door.outside',
          'side-door.outside',
        ],
      ],
      [
        ['cameras', 'cam-search', 'sees'],
        ['search', 'turnstile.inside', 'floor-door.outside', 'side-door.inside'],
      ],
    ],
  },
  F9: {
    story: 'The camera at the floor door was turned and now films the desks.',
    changes: [
      [
        ['cameras', 'cam-floor', 'sees'],
        ['floor-door.inside', 'fire-1.inside', 'floor-1.screens'],
      ],
    ],
  },
  F10: {
    story: 'The content network got a filtered way to the internet for updates.',
    changes: [[['networks', 'content', 'internet'], 'filtered']],
  },
  F11: {
    story: 'The recorder was plugged into the content network.',
    changes: [[['recorders', 'nvr-1', 'network'], 'content']],
  },
  F12: {
    story: 'The floor has a window at street level without a sensor.',
    changes: [[['openings', 'window-1'], { zone: 'floor-1', kind: 'window' }]],
  },
  F13: {
    story:
      'The client of borealis withdrew its consent, and the two projects still share the floor.',
    changes: [[['projects', 'borealis', 'consents'], []]],
  },
  F14: {
    story: 'Both doors of the mantrap and all its cameras were put on one controller.',
    changes: [
      [['portals', 'turnstile', 'controller'], 'ctl-floor'],
      [['cameras', 'cam-lobby', 'controller'], 'ctl-floor'],
      [['cameras', 'cam-search', 'controller'], 'ctl-floor'],
      [['cameras', 'cam-floor', 'controller'], 'ctl-floor'],
    ],
  },
  F15: {
    story: 'The guard goes home at night, and no alarm service takes over.',
    changes: [[['guards', 'lobby'], 'hours']],
  },
  F16: {
    story: 'The old Wiegand readers were kept.',
    changes: [[['portals', 'floor-door', 'reader'], 'wiegand']],
  },
  R1: {
    story: 'The recorder keeps ninety days, as a contract elsewhere asked; Spain admits one month.',
    changes: [[['recorders', 'nvr-1', 'retention'], '90d']],
  },
  A1: {
    story: 'A finding was mended and its acceptance was left in the file.',
    changes: [
      [
        ['accepted'],
        [
          {
            finding: 'F16',
            subject: 'floor-door',
            reason: 'Readers are on order',
            by: 'Security officer',
            until: '2099-12-31',
          },
        ],
      ],
    ],
  },
}

/** The site that the demonstration builds: sites/demonstration.yaml. */
export const demonstrationFile = new URL('../sites/demonstration.yaml', import.meta.url)

/** The demonstration site as text, with the change that breaks a rule, or sound where none is named. */
export function exampleSite(rule?: RuleId): string {
  const text = readFileSync(demonstrationFile, 'utf8')
  if (rule === undefined) return text
  const document = parseDocument(text)
  const { story, changes } = examples[rule]
  for (const [path, value] of changes) {
    const node = document.createNode(value)
    document.setIn(path, node)
  }
  document.commentBefore = ` ${story} This breaks ${rule}.`
  return document.toString(layout)
}
