import type { RuleId } from './rules.ts'

/** One requirement of a source, and what this package does about it. */
export interface Requirement {
  readonly clause: string
  /** What it asks, in our words. */
  readonly asks: string
  /** The rules that check it on the file; empty where a drawing cannot show it. */
  readonly checkedBy: readonly RuleId[]
  /** What a rule leaves open, or why no rule can check it and who does. */
  readonly note?: string
}

export interface Source {
  readonly name: string
  /** The profile that holds a site against this source, where there is one. */
  readonly profile: string | null
  /** How far the wording was checked at the source. */
  readonly standing: string
  readonly requirements: readonly Requirement[]
}

const live = 'the live building: presence, detectors and the gatehouse'
const people = 'people and papers: the workforce and compliance parts'

/** What each source asks of a building, clause by clause. */
export const coverage: readonly Source[] = [
  {
    name: 'Reference case',
    profile: 'reference-case',
    standing: 'the description that a client bound by the GDPR gave of the facility it asked for',
    requirements: [
      {
        clause: 'entry',
        asks: 'only people of the project enter',
        checkedBy: ['F1', 'F7', 'F13'],
        note: `who holds a badge: ${live}`,
      },
      { clause: 'guard', asks: 'a guard at the entrance round the clock', checkedBy: ['F15'] },
      { clause: 'two factors', asks: 'two factors, one of them biometric', checkedBy: ['F1'] },
      {
        clause: 'video',
        asks: 'video of entrance and secure area, kept locally for the legal maximum',
        checkedBy: ['F9', 'F11', 'R1'],
        note: `deletion in time: ${live}`,
      },
      {
        clause: 'personal things',
        asks: 'no personal items; lockers before the entrance',
        checkedBy: ['F2'],
      },
      {
        clause: 'screening',
        asks: 'metal detection on the way in, search on the way out',
        checkedBy: ['F2', 'F3'],
      },
      {
        clause: 'emergency exits',
        asks: 'emergency exits that people can use and that are alarmed',
        checkedBy: ['F4', 'F5', 'F12'],
      },
      {
        clause: 'locked',
        asks: 'locked outside office hours',
        checkedBy: [],
        note: `the file must state hours; that the doors keep them: ${live}`,
      },
      { clause: 'no internet', asks: 'workstations without internet', checkedBy: ['F10'] },
    ],
  },
  {
    name: 'ISO/IEC 27001:2022 Annex A.7',
    profile: 'iso-27001',
    standing: 'titles of the controls; the standard sets no numbers, the organisation does',
    requirements: [
      { clause: 'A.7.1', asks: 'physical security perimeters', checkedBy: ['F1', 'F12'] },
      { clause: 'A.7.2', asks: 'physical entry', checkedBy: ['F1', 'F8', 'F16'] },
      { clause: 'A.7.3', asks: 'securing offices, rooms and facilities', checkedBy: ['F13'] },
      {
        clause: 'A.7.4',
        asks: 'physical security monitoring',
        checkedBy: ['F6', 'F9', 'F12', 'F15'],
      },
      {
        clause: 'A.7.5',
        asks: 'protection against physical and environmental threats',
        checkedBy: ['F4'],
        note: 'fire, water, heat: the building authority and the insurer',
      },
      {
        clause: 'A.7.6',
        asks: 'working in secure areas',
        checkedBy: ['F2', 'F3'],
        note: `conduct inside: ${live}`,
      },
      {
        clause: 'A.7.7',
        asks: 'clear desk and clear screen',
        checkedBy: [],
        note: 'the workstation, and rounds in the room',
      },
      { clause: 'A.7.8', asks: 'equipment siting and protection', checkedBy: ['F10', 'F11'] },
      {
        clause: 'A.7.9',
        asks: 'assets off-premises',
        checkedBy: [],
        note: 'there are none; asset lists',
      },
      {
        clause: 'A.7.10',
        asks: 'storage media',
        checkedBy: ['F3'],
        note: 'custody and destruction of media: papers',
      },
      {
        clause: 'A.7.11',
        asks: 'supporting utilities',
        checkedBy: ['F14'],
        note: 'emergency power: the installer',
      },
      {
        clause: 'A.7.12',
        asks: 'cabling security',
        checkedBy: ['F16'],
        note: 'ducts and patch panels: the installer',
      },
      {
        clause: 'A.7.13',
        asks: 'equipment maintenance',
        checkedBy: [],
        note: 'maintenance records',
      },
      {
        clause: 'A.7.14',
        asks: 'secure disposal or re-use of equipment',
        checkedBy: [],
        note: 'disposal certificates',
      },
    ],
  },
  {
    name: 'MPA Content Security Best Practices (TPN), physical part',
    profile: 'tpn',
    standing:
      'version 5 as published in a public data set; compare the numbering with the current document before citing it',
    requirements: [
      {
        clause: 'PS-1',
        asks: 'entries and exits secured, restricted areas segregated, windows covered',
        checkedBy: ['F1', 'F13'],
        note: 'covered windows: a walk round the building',
      },
      { clause: 'PS-2', asks: 'visitor log, badge and NDA', checkedBy: [], note: live },
      { clause: 'PS-3', asks: 'searches of persons and bags', checkedBy: ['F2', 'F3'] },
      {
        clause: 'PS-4',
        asks: 'electronic access control on all content areas, on a network apart',
        checkedBy: ['F1', 'F11', 'F16'],
      },
      { clause: 'PS-5', asks: 'access logs, alerts, escalation', checkedBy: [], note: live },
      {
        clause: 'PS-6',
        asks: 'cameras at all entries and restricted areas, no content in view, kept 90 days or the legal maximum',
        checkedBy: ['F9', 'F11', 'R1'],
      },
      {
        clause: 'PS-7',
        asks: 'alarms on all entries and exits, emergency exits, windows and docks',
        checkedBy: ['F4', 'F5', 'F6', 'F12'],
      },
      { clause: 'PS-8', asks: 'control of keys', checkedBy: [], note: 'the register of keys' },
      {
        clause: 'PS-9',
        asks: 'temperature and humidity',
        checkedBy: [],
        note: 'sensors of the building',
      },
      {
        clause: 'TS-14, 15, 18',
        asks: 'production network without internet and e-mail',
        checkedBy: ['F10'],
      },
    ],
  },
  {
    name: 'TISAX, VDA ISA 6.0.2, prototype protection',
    profile: null,
    standing: 'read at the source',
    requirements: [
      { clause: '8.1.2', asks: 'perimeter', checkedBy: ['F1', 'F12'] },
      {
        clause: '8.1.3',
        asks: 'outer skin of resistance class RC2',
        checkedBy: [],
        note: 'the architect; no class stands in the file',
      },
      {
        clause: '8.1.4',
        asks: 'sight protection',
        checkedBy: [],
        note: 'a walk round the building',
      },
      {
        clause: '8.1.5',
        asks: 'access control with documented assignment',
        checkedBy: ['F1'],
        note: people,
      },
      {
        clause: '8.1.6',
        asks: 'intrusion alarm with a certified service, or guards round the clock',
        checkedBy: ['F12', 'F15'],
        note: 'the class of the alarm system: the installer',
      },
      {
        clause: '8.1.7',
        asks: 'visitors registered with an NDA before entry',
        checkedBy: [],
        note: live,
      },
      { clause: '8.1.8', asks: 'clients segregated, or consent', checkedBy: ['F13'] },
      { clause: '8.2.7', asks: 'rules for mobile cameras', checkedBy: ['F2'] },
    ],
  },
  {
    name: 'PCI DSS 4.0.1 and PCI Card Production, physical part',
    profile: null,
    standing:
      'PCI DSS read at the source; Card Production from examination material, its text is not public',
    requirements: [
      {
        clause: 'DSS 9.2.1.1',
        asks: 'cameras or access control at sensitive areas, protected from tampering, kept three months',
        checkedBy: ['F6', 'F9', 'F14', 'R1'],
      },
      {
        clause: 'DSS 9.2.2',
        asks: 'no live network jacks where the public is',
        checkedBy: ['F10'],
      },
      {
        clause: 'DSS 9.3',
        asks: 'access by function, revoked at once; visitors escorted',
        checkedBy: [],
        note: live,
      },
      {
        clause: 'Card Production',
        asks: 'enforced anti-passback, mantraps',
        checkedBy: ['F7', 'F8'],
      },
      {
        clause: 'Card Production',
        asks: 'motion alarm in an empty room, two-person occupancy',
        checkedBy: [],
        note: `parameters are derived from the file; ${live}`,
      },
    ],
  },
  {
    name: 'ICD 705, 32 CFR 2001.43 and IEC 60839-11-5',
    profile: null,
    standing: 'partly from memory; check before citing',
    requirements: [
      { clause: 'ICD 705', asks: 'badge with PIN or biometric', checkedBy: ['F1'] },
      {
        clause: 'ICD 705',
        asks: 'emergency exits without outside hardware; cameras see no content',
        checkedBy: ['F5', 'F9'],
      },
      {
        clause: '32 CFR 2001.43',
        asks: 'response to an alarm within 15 minutes',
        checkedBy: ['F15'],
      },
      {
        clause: 'IEC 60839-11-5',
        asks: 'secure channel between reader and controller',
        checkedBy: ['F16'],
      },
    ],
  },
  {
    name: 'Life safety and data protection',
    profile: null,
    standing:
      'NFPA 101 from memory, the authority of the place decides; retention by the dated table',
    requirements: [
      {
        clause: 'NFPA 101 chapter 7',
        asks: 'ways out that need no credential, two from fifty people on',
        checkedBy: ['F4'],
        note: 'widths, lengths and lighting: the fire authority',
      },
      { clause: 'GDPR art. 5(1)(e)', asks: 'video kept no longer than needed', checkedBy: ['R1'] },
      {
        clause: 'Labour law',
        asks: 'no camera where people rest or change (PL, PT, US-CA)',
        checkedBy: ['F9'],
      },
      {
        clause: 'GDPR art. 9',
        asks: 'biometrics with an alternative, templates held by the person',
        checkedBy: [],
        note: 'the impact assessment; readers match on card',
      },
    ],
  },
]
