export { facilityFacts, workstationSource } from './facts.ts'
export { raiseAlarm, endAlarms, type AlarmKind, type NewAlarm } from './alarms.ts'
export { eventReader } from './events.ts'
export { lookAround, startKeeper, writeMuster, type Keeper, type KeeperOptions } from './keeper.ts'
export { arrivalAt, type ArrivedMachine } from './machines/arrival.ts'
export { facilityRoutes } from './routes.ts'
export { stampedSite } from './stamps.ts'
export {
  newWatch,
  openAlarms,
  silentControllers,
  silentMs,
  watch,
  type Detection,
  type DetectorState,
  type Watched,
  type WatchedSite,
} from './detectors.ts'
export { musterCsv, musterText, type MusterSheet } from './muster.ts'
export {
  aheadMs,
  byArrival,
  nobodyPresent,
  openGaps,
  presenceOf,
  recompute,
  step,
  type PortalOfPresence,
  type Portals,
  type PresenceChange,
  type PresenceFinding,
  type PresenceInput,
  type PresenceState,
  type PresenceStep,
} from './presence.ts'
export { lateMs, type NotAdmitting, type Presence } from './record.ts'
