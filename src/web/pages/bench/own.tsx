import { useEffect, useState } from 'react'
import type { BenchApi, OwnWork, Quality } from '../../api/bench-api.ts'
import { Badge, type Tone } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Table } from '../../kit/table.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { useTime } from '../house/time.ts'
import css from './bench.module.css'

type Fetched<T> = { readonly is: 'loading' | 'failed' } | { readonly is: 'there'; readonly it: T }

function useFetched<T>(fetch: () => Promise<T>): Fetched<T> {
  const [state, setState] = useState<Fetched<T>>({ is: 'loading' })
  const [first] = useState(() => fetch)
  useEffect(() => {
    let current = true
    first().then(
      (it) => {
        if (current) setState({ is: 'there', it })
      },
      () => {
        if (current) setState({ is: 'failed' })
      },
    )
    return () => {
      current = false
    }
  }, [first])
  return state
}

interface OwnProps {
  readonly api: BenchApi
  readonly onClose: () => void
}

/** What the reviews so far say about one's own work. */
export function QualityDialog({ api, onClose }: OwnProps) {
  const { kit, bench } = useMessages()
  const quality = useFetched(() => api.quality())
  return (
    <Dialog
      open
      onClose={onClose}
      title={bench.myQuality()}
      text={bench.qualityText()}
      actions={<Button onClick={onClose}>{kit.close()}</Button>}
    >
      {quality.is === 'there' ? <Figures quality={quality.it} /> : <Waiting state={quality.is} />}
    </Dialog>
  )
}

function Waiting({ state }: { readonly state: 'loading' | 'failed' }) {
  const { bench, house } = useMessages()
  return <p role="status">{state === 'loading' ? house.loading() : bench.failedTitle()}</p>
}

function Figures({ quality }: { readonly quality: Quality }) {
  const { bench } = useMessages()
  const language = useLanguage()
  const share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
  const count = new Intl.NumberFormat(language)
  const { submitted, accepted, corrected, sentBack } = quality
  const reviewed = accepted + corrected + sentBack
  const shown = (part: number) => (reviewed === 0 ? '–' : share.format(part / reviewed))
  const figures = [
    [bench.accepted(), shown(accepted)],
    [bench.corrected(), shown(corrected)],
    [bench.sentBack(), shown(sentBack)],
    [bench.submitted(), count.format(submitted)],
    [bench.reviewed(), count.format(reviewed)],
  ] as const
  return (
    <>
      {reviewed === 0 ? <p>{bench.notYet()}</p> : null}
      <div className={css['figures']}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <strong>{value}</strong>
            <span className={css['soft']}>{name}</span>
          </div>
        ))}
      </div>
    </>
  )
}

const tones: Readonly<Record<OwnWork['state'], Tone>> = {
  inHand: 'accent',
  submitted: 'plain',
  accepted: 'good',
  sentBack: 'bad',
  setAside: 'warn',
}

/** What one submitted; what no reviewer has begun may be taken back. */
export function OwnWorkDialog({ api, onClose, onReopen }: OwnProps & OwnWorkActs) {
  const { kit, bench } = useMessages()
  const own = useFetched(() => api.ownWork())
  const time = useTime()
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={bench.myWork()}
      actions={<Button onClick={onClose}>{kit.close()}</Button>}
    >
      {own.is !== 'there' ? (
        <Waiting state={own.is} />
      ) : own.it.length === 0 ? (
        <p>{bench.ownNone()}</p>
      ) : (
        <Table
          name={bench.myWork()}
          height="20rem"
          rows={own.it}
          rowId={(work) => work.task}
          columns={[
            {
              id: 'item',
              words: bench.ownItem(),
              cell: (work) => <bdi>{work.reference}</bdi>,
              by: (work) => work.reference,
            },
            {
              id: 'time',
              words: bench.ownTime(),
              cell: (work) => time.full(work.at.toISOString()),
              by: (work) => work.at.getTime(),
            },
            {
              id: 'state',
              words: bench.ownState(),
              cell: ({ state }) => (
                <Badge tone={tones[state]}>{bench.ownStateWords({ state })}</Badge>
              ),
              by: (work) => work.state,
            },
            {
              id: 'reopen',
              words: '',
              end: true,
              cell: (work) =>
                work.reopenable ? (
                  <Button
                    small
                    onClick={() => {
                      onClose()
                      onReopen(work.task)
                    }}
                  >
                    {bench.reopen()}
                  </Button>
                ) : null,
            },
          ]}
        />
      )}
    </Dialog>
  )
}

interface OwnWorkActs {
  readonly onReopen: (task: string) => void
}
