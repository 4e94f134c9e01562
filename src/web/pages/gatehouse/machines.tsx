import type { SiteNow } from '#shared/gatehouse.ts'
import { Done } from '#shared/identity.ts'
import { Badge, type Tone } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Table } from '../../kit/table.tsx'
import { useMessages } from '../../kit/words.tsx'
import type { GatehouseMessages } from '../../locales/messages.gen.ts'
import { FailureNote } from '../house/failure.tsx'
import { useAct, useHouse } from '../house/house.tsx'
import { useTime } from '../house/time.ts'

interface MachinesProps {
  readonly now: SiteNow
}

/** Every door, what it joins and which controller minds it. */
export function Doors({ now }: MachinesProps) {
  const { gatehouse } = useMessages()
  const zone = (name: string) => now.zones.find((one) => one.zone === name)?.title ?? name
  return (
    <Table
      name={gatehouse.doors()}
      rows={now.portals}
      rowId={({ portal }) => portal}
      columns={[
        {
          id: 'door',
          words: gatehouse.door(),
          cell: (row) => (
            <>
              <bdi>{row.title}</bdi>{' '}
              {row.emergency ? <Badge tone="accent">{gatehouse.emergency()}</Badge> : null}
            </>
          ),
          by: (row) => row.title,
        },
        { id: 'from', words: gatehouse.from(), cell: (row) => zone(row.from) },
        { id: 'to', words: gatehouse.to(), cell: (row) => zone(row.to) },
        {
          id: 'controller',
          words: gatehouse.controller(),
          cell: (row) => <bdi>{row.controller ?? gatehouse.unwatched()}</bdi>,
        },
      ]}
    />
  )
}

type Controller = SiteNow['controllers'][number]

/** Longer without a heartbeat, and a controller counts as silent. */
const silentAfter = 30_000
/** Further off, and its events are not to be trusted in time. */
const clockOff = 2000

function controllerState(
  row: Controller,
  at: string,
): 'silent' | 'unconfirmed' | 'clock' | 'gap' | 'good' {
  const heard = row.heardAt === null ? Infinity : Date.parse(at) - Date.parse(row.heardAt)
  if (heard > silentAfter) return 'silent'
  if (!row.confirmed) return 'unconfirmed'
  if (Math.abs(row.clockOffsetMs) > clockOff) return 'clock'
  return row.missing > 0 ? 'gap' : 'good'
}

/** The doors that a controller minds, as people call them. */
function doorsOf(now: SiteNow, controller: string): string {
  const minded = now.portals.filter((portal) => portal.controller === controller)
  return minded.map(({ title }) => title).join(', ')
}

/** What each controller says of itself, and the epochs that a guard must confirm. */
export function Controllers({ now }: MachinesProps) {
  const { gatehouse } = useMessages()
  const { server } = useHouse()
  const time = useTime()
  const { busy, failure, run } = useAct()
  const confirm = (controller: string, epoch: string) =>
    void run(async () => {
      await server.ask('POST', `/controllers/${controller}/epoch`, Done, { epoch })
    })
  return (
    <>
      <Table
        name={gatehouse.controllers()}
        rows={now.controllers}
        rowId={({ controller }) => controller}
        columns={[
          {
            id: 'controller',
            words: gatehouse.controller(),
            cell: (row) => row.controller,
            by: (row) => row.controller,
          },
          {
            id: 'minds',
            words: gatehouse.minds(),
            cell: ({ controller }) => <bdi>{doorsOf(now, controller)}</bdi>,
            by: ({ controller }) => doorsOf(now, controller),
          },
          {
            id: 'state',
            words: gatehouse.state(),
            cell: (row) => {
              const state = controllerState(row, now.at)
              const tone: Tone = state === 'good' ? 'good' : state === 'silent' ? 'bad' : 'warn'
              return <Badge tone={tone}>{gatehouse.controllerState({ state })}</Badge>
            },
          },
          {
            id: 'heard',
            words: gatehouse.heard(),
            cell: (row) => (row.heardAt === null ? gatehouse.never() : time.exact(row.heardAt)),
          },
          {
            id: 'missing',
            words: gatehouse.missing(),
            end: true,
            cell: (row) => row.missing,
            by: (row) => row.missing,
          },
          {
            id: 'buffered',
            words: gatehouse.buffered(),
            end: true,
            cell: (row) => row.buffered ?? '–',
          },
          {
            id: 'confirm',
            words: '',
            end: true,
            cell: ({ controller, confirmed, epoch }) =>
              confirmed || epoch === null ? null : (
                <Button
                  small
                  disabled={busy}
                  onClick={() => {
                    confirm(controller, epoch)
                  }}
                >
                  {gatehouse.confirmEpoch()}
                </Button>
              ),
          },
        ]}
      />
      <FailureNote failure={failure} />
    </>
  )
}

type Workstation = SiteNow['workstations'][number]

/** A certificate that ends sooner should have been renewed by itself. */
const certificateSoon = 6 * 3_600_000
const postureFresh = 120_000

function workstationState(row: Workstation, at: string) {
  if (row.revoked) return 'revoked'
  if (!row.enrolled) return 'notEnrolled'
  const now = Date.parse(at)
  if (row.certificateEnds !== null && Date.parse(row.certificateEnds) - now < certificateSoon)
    return 'certificate'
  if (row.postureAt === null || now - Date.parse(row.postureAt) > postureFresh) return 'silent'
  return row.postureGood === true ? 'good' : 'posture'
}

/** Every workstation: enrolled, reporting, in good order. */
export function Workstations({ now }: MachinesProps) {
  const { gatehouse } = useMessages()
  const time = useTime()
  const zone = (name: string) => now.zones.find((one) => one.zone === name)?.title ?? name
  return (
    <Table
      name={gatehouse.workstations()}
      rows={now.workstations}
      rowId={({ workstation }) => workstation}
      columns={[
        {
          id: 'workstation',
          words: gatehouse.workstation(),
          cell: (row) => row.workstation,
          by: (row) => row.workstation,
        },
        { id: 'zone', words: gatehouse.zone(), cell: (row) => zone(row.zone) },
        {
          id: 'state',
          words: gatehouse.state(),
          cell: (row) => <WorkstationBadge row={row} at={now.at} words={gatehouse} />,
          by: (row) => workstationState(row, now.at),
        },
        {
          id: 'seen',
          words: gatehouse.heard(),
          cell: (row) => (row.seenAt === null ? gatehouse.never() : time.exact(row.seenAt)),
        },
        {
          id: 'ends',
          words: gatehouse.certificateEnds(),
          cell: (row) => (row.certificateEnds === null ? '–' : time.full(row.certificateEnds)),
        },
      ]}
    />
  )
}

interface WorkstationBadgeProps {
  readonly row: Workstation
  readonly at: string
  readonly words: GatehouseMessages
}

function WorkstationBadge({ row, at, words }: WorkstationBadgeProps) {
  const state = workstationState(row, at)
  const tones: Partial<Record<typeof state, Tone>> = {
    good: 'good',
    revoked: 'bad',
    posture: 'bad',
  }
  return <Badge tone={tones[state] ?? 'warn'}>{words.workstationState({ state })}</Badge>
}
