import { useQuery } from '@tanstack/react-query'
import { Badge } from '../../kit/badge.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { Shown } from '../house/asked.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'

/** The newest checkpoint and who signed it: the origin, the log, and its witness. */
export function Checkpoint() {
  const { records } = useMessages()
  const count = new Intl.NumberFormat(useLanguage())
  const { server } = useHouse()
  const note = useQuery({
    queryKey: ['/checkpoint'],
    queryFn: () => server.text('/checkpoint'),
    refetchInterval: 10_000,
  })
  return (
    <section className={house['panel']} aria-label={records.checkpoint()}>
      <h2>{records.checkpoint()}</h2>
      <Shown query={note}>
        {(text) => {
          const { origin, size, root, signers } = readNote(text)
          return (
            <>
              <dl className={house['facts']}>
                <dt>{records.origin()}</dt>
                <dd>
                  <bdi>{origin}</bdi>
                </dd>
                <dt>{records.size()}</dt>
                <dd>{count.format(Number(size))}</dd>
                <dt>{records.root()}</dt>
                <dd className={house['mono']}>
                  <bdi dir="ltr">{root}</bdi>
                </dd>
                <dt>{records.signedBy()}</dt>
                <dd>
                  <bdi>{signers.join(', ')}</bdi>
                </dd>
              </dl>
              <div>
                {signers.length > 1 ? (
                  <Badge tone="good">{records.witnessed()}</Badge>
                ) : (
                  <Badge tone="warn">{records.notWitnessed()}</Badge>
                )}
              </div>
            </>
          )
        }}
      </Shown>
    </section>
  )
}

/** The lines of a signed note (C2SP signed-note, tlog-checkpoint) for people to read; nothing is verified here. */
function readNote(text: string) {
  const [origin = '', size = '', root = ''] = text.split('\n')
  const signers = [...text.matchAll(/^\u2014 (\S+) /gm)].map(([, name = '']) => name)
  return { origin, size, root, signers }
}
