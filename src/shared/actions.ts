/** Where a request can come in. Each door is a listener of its own with its own way of knowing who calls. */
export type Door = 'inside' | 'building' | 'outside' | 'operator'

/** What an act is done to. */
export type ResourceType =
  'Site' | 'Person' | 'Workstation' | 'Client' | 'Project' | 'Item' | 'Task' | 'Delivery' | 'Keys'

/**
 * What people of one kind do. The policies grant groups, so that a new act joins an existing
 * sentence instead of needing one of its own.
 */
export type ActionGroup =
  /** anyone who reaches the door */
  | 'open'
  /** any person who has signed in, about themselves */
  | 'self'
  | 'annotating'
  | 'reviewing'
  /** annotating or reviewing: what both do with the task they hold */
  | 'working'
  | 'managing'
  | 'releasing'
  | 'guarding'
  | 'recruiting'
  | 'securing'
  /** officers, and the operator on the server itself */
  | 'keeping'
  | 'auditing'
  | 'client'
  | 'device'
  | 'operating'
  | 'job'

interface PlainAct {
  readonly doors: readonly Door[]
  readonly group: ActionGroup
  readonly on: ResourceType
  readonly confidential?: false
  /** Needs a user verification not older than five minutes. */
  readonly stepUp?: true
  /** An answer that tells nothing and changes nothing may leave no entry (docs/decisions/0103). */
  readonly quiet?: true
  /** The acted-on thing's existence is itself confidential: a refusal answers 404. */
  readonly hidden?: true
  /**
   * Sees rows of other projects than that of the thing it is on: of those that its person works for,
   * or of every one. Nothing said: of none (docs/decisions/0063).
   */
  readonly across?: 'own' | 'every'
  /** Begins a project: its pass names the new one. */
  readonly founds?: true
}

/** Shows or takes in a client's content. The type leaves out the doors that can never serve it. */
interface ConfidentialAct extends Omit<PlainAct, 'doors' | 'confidential' | 'quiet' | 'across'> {
  readonly doors: readonly 'inside'[]
  readonly confidential: true
  readonly quiet?: false
  readonly across?: never
}

type Act = PlainAct | ConfidentialAct

const staff = ['inside', 'outside'] as const
const inside = ['inside'] as const
const content = { doors: inside, confidential: true, hidden: true } as const

/** Every act that Cloister knows. What is not listed cannot be done. */
export const actions = {
  // identity
  'identity.session.begin': { doors: staff, group: 'open', on: 'Site' },
  'identity.session.end': { doors: staff, group: 'self', on: 'Person' },
  'identity.session.stepup': { doors: staff, group: 'self', on: 'Person' },
  'identity.standing.read': { doors: staff, group: 'self', on: 'Person' },
  'identity.key.register': { doors: staff, group: 'open', on: 'Site' },
  'identity.key.replace.request': {
    doors: inside,
    group: 'recruiting',
    on: 'Person',
    stepUp: true,
  },
  'identity.key.replace.approve': { doors: inside, group: 'securing', on: 'Person', stepUp: true },
  'identity.person.list': { doors: staff, group: 'recruiting', on: 'Site' },
  'identity.name.list': { doors: staff, group: 'managing', on: 'Site' },
  'identity.person.create': { doors: staff, group: 'recruiting', on: 'Site' },
  'identity.person.revoke': { doors: staff, group: 'securing', on: 'Person', stepUp: true },
  'identity.role.grant': { doors: inside, group: 'securing', on: 'Person', stepUp: true },
  'identity.role.confirm': { doors: inside, group: 'securing', on: 'Person', stepUp: true },
  'identity.role.end': { doors: inside, group: 'securing', on: 'Person', stepUp: true },
  'identity.officer.create': { doors: ['operator'], group: 'operating', on: 'Site' },

  // facility
  'facility.event.take': { doors: ['building'], group: 'device', on: 'Site' },
  'facility.heartbeat.take': { doors: ['building'], group: 'device', on: 'Site' },
  'facility.command.poll': { doors: ['building'], group: 'device', on: 'Site', quiet: true },
  'facility.posture.take': { doors: ['building'], group: 'device', on: 'Site' },
  'facility.device.enrol': { doors: ['inside', 'building'], group: 'open', on: 'Site' },
  'facility.device.renew': { doors: ['inside', 'building'], group: 'device', on: 'Site' },
  'facility.site.read': { doors: inside, group: 'guarding', on: 'Site' },
  'facility.presence.correct.request': { doors: inside, group: 'guarding', on: 'Person' },
  'facility.presence.correct.approve': { doors: inside, group: 'guarding', on: 'Person' },
  'facility.alarm.acknowledge': { doors: inside, group: 'guarding', on: 'Site' },
  'facility.epoch.confirm': { doors: inside, group: 'guarding', on: 'Site' },
  'facility.lockdown.set': { doors: inside, group: 'guarding', on: 'Site' },
  'facility.workstation.enrol': { doors: ['operator'], group: 'operating', on: 'Site' },
  'facility.workstation.revoke': { doors: ['operator'], group: 'operating', on: 'Workstation' },
  'facility.site.activate': { doors: ['operator'], group: 'operating', on: 'Site' },
  'facility.badge.issue': { doors: ['operator'], group: 'operating', on: 'Person' },

  // workforce
  'workforce.admission.read': { doors: staff, group: 'recruiting', on: 'Person' },
  'workforce.own.read': { doors: staff, group: 'self', on: 'Person' },
  'workforce.vetting.set': { doors: staff, group: 'recruiting', on: 'Person' },
  'workforce.agreement.publish': { doors: staff, group: 'recruiting', on: 'Site' },
  'workforce.agreement.sign': { doors: staff, group: 'self', on: 'Person' },
  'workforce.course.publish': { doors: staff, group: 'recruiting', on: 'Site' },
  'workforce.course.pass': { doors: staff, group: 'recruiting', on: 'Person' },
  'workforce.certificate.set': { doors: staff, group: 'recruiting', on: 'Person' },
  'workforce.shift.set': { doors: staff, group: 'recruiting', on: 'Person' },

  // projects
  'projects.client.create': { doors: staff, group: 'managing', on: 'Site' },
  'projects.client.terms.set': { doors: staff, group: 'managing', on: 'Client' },
  'projects.list': { doors: staff, group: 'releasing', on: 'Site', across: 'every' },
  'projects.create': { doors: staff, group: 'managing', on: 'Site', founds: true },
  'projects.read': { doors: staff, group: 'releasing', on: 'Project' },
  'projects.schema.publish': { doors: staff, group: 'managing', on: 'Project' },
  'projects.guideline.publish': { doors: inside, group: 'managing', on: 'Project' },
  /** As it is written: by those who write it, and where. The people of a project have an act of their own. */
  'projects.guideline.read': { doors: inside, group: 'managing', on: 'Project', stepUp: true },
  'projects.team.set': { doors: staff, group: 'managing', on: 'Project' },
  'projects.state.set': { doors: staff, group: 'managing', on: 'Project' },
  'projects.import.order': { doors: ['operator'], group: 'operating', on: 'Project' },
  'projects.import.find': { doors: ['operator'], group: 'operating', on: 'Site', across: 'every' },
  'projects.import.run': { doors: ['operator'], group: 'operating', on: 'Project' },
  'projects.import.undo': { doors: ['operator'], group: 'operating', on: 'Project' },

  // annotation
  'annotation.work.read': { doors: inside, group: 'self', on: 'Person', across: 'own' },
  'annotation.task.next': { ...content, group: 'annotating', on: 'Project' },
  'annotation.task.open': { ...content, group: 'working', on: 'Task' },
  'annotation.task.renew': { ...content, group: 'working', on: 'Task' },
  'annotation.draft.save': { ...content, group: 'working', on: 'Task' },
  'annotation.submit': { ...content, group: 'annotating', on: 'Task' },
  'annotation.reopen': { ...content, group: 'annotating', on: 'Task' },
  'annotation.task.skip': { ...content, group: 'annotating', on: 'Task' },
  'annotation.task.release': { ...content, group: 'working', on: 'Task' },
  'annotation.media.open': { ...content, group: 'working', on: 'Task' },
  'annotation.media.read': { ...content, group: 'working', on: 'Task' },
  /** Recorded when a recording that was opened is left: its details say which bytes were sent. */
  'annotation.media.close': { ...content, group: 'working', on: 'Task' },
  'annotation.guideline.read': { ...content, group: 'working', on: 'Project' },
  'annotation.review.next': { ...content, group: 'reviewing', on: 'Project' },
  'annotation.review.decide': { ...content, group: 'reviewing', on: 'Task' },
  'annotation.task.reassign': { doors: staff, group: 'managing', on: 'Task' },
  'annotation.progress.read': { doors: staff, group: 'releasing', on: 'Project' },

  // delivery
  'delivery.key.register': { doors: ['outside'], group: 'client', on: 'Client' },
  'delivery.key.list': { doors: staff, group: 'releasing', on: 'Client' },
  'delivery.key.confirm': { doors: staff, group: 'releasing', on: 'Client', stepUp: true },
  'delivery.propose': { doors: staff, group: 'releasing', on: 'Project', stepUp: true },
  'delivery.release': { doors: staff, group: 'releasing', on: 'Delivery', stepUp: true },
  'delivery.approve': { doors: staff, group: 'releasing', on: 'Delivery', stepUp: true },
  'delivery.build': { doors: ['operator'], group: 'job', on: 'Delivery' },
  /** Builds a delivery whose build was given up once more, from the same set. */
  'delivery.rebuild': { doors: staff, group: 'releasing', on: 'Delivery', stepUp: true },
  'delivery.list': { doors: staff, group: 'releasing', on: 'Project' },
  'delivery.client.list': { doors: ['outside'], group: 'self', on: 'Person', across: 'own' },
  'delivery.download': { doors: ['outside'], group: 'client', on: 'Delivery' },
  'delivery.receipt': { doors: ['outside'], group: 'client', on: 'Delivery' },
  'delivery.recall': { doors: staff, group: 'releasing', on: 'Delivery', stepUp: true },

  // audit
  'audit.log.search': { doors: staff, group: 'auditing', on: 'Site' },
  'audit.log.prove': { doors: staff, group: 'auditing', on: 'Site' },
  'audit.log.export': { doors: ['operator'], group: 'operating', on: 'Site' },
  'audit.checkpoint.read': { doors: staff, group: 'open', on: 'Site' },
  'audit.reconcile': { doors: ['operator'], group: 'operating', on: 'Site', across: 'every' },

  // vault: `Keys` are those of a project, or of the site
  'vault.epoch.list': {
    doors: ['inside', 'operator'],
    group: 'keeping',
    on: 'Site',
    across: 'every',
  },
  'vault.epoch.begin': { doors: ['inside', 'operator'], group: 'keeping', on: 'Keys' },
  /** The same by the calendar. */
  'vault.epoch.due': { doors: ['operator'], group: 'job', on: 'Keys' },
  'vault.epoch.rewrap': { doors: ['operator'], group: 'job', on: 'Keys' },
  'vault.epoch.end': { doors: ['operator'], group: 'job', on: 'Keys' },
  'vault.key.destroy': { doors: ['operator'], group: 'job', on: 'Keys' },

  // the installation itself
  'site.backup': { doors: ['operator'], group: 'operating', on: 'Site' },
  /** A process began to decide by another set of policies than the log names last. */
  'site.policies.change': { doors: ['operator', 'inside', 'outside'], group: 'job', on: 'Site' },
  /** What a door refused to callers without session and certificate, summed up for a minute. */
  'site.stranger.refuse': { doors: ['inside', 'building', 'outside'], group: 'job', on: 'Site' },
  'site.health.read': { doors: ['inside', 'operator'], group: 'open', on: 'Site' },
} as const satisfies Record<string, Act>

export type Action = keyof typeof actions

/** What the catalogue says of an act, at the width of the catalogue's own type. */
export function actOf(action: Action): Act {
  return actions[action]
}
