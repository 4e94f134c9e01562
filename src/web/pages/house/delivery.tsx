import type { DeliveryRow } from '#shared/delivery.ts'
import { Badge, type Tone } from '../../kit/badge.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import css from './house.module.css'
import { useTime } from './time.ts'

const tones: Readonly<Record<DeliveryRow['state'], Tone>> = {
  proposed: 'warn',
  approved: 'accent',
  refused: 'bad',
  failed: 'bad',
  built: 'accent',
  accepted: 'good',
  rejected: 'bad',
  recalled: 'bad',
}

/** How far a delivery has come. */
export function DeliveryState({ state }: { readonly state: DeliveryRow['state'] }) {
  const { house } = useMessages()
  return <Badge tone={tones[state]}>{house.deliveryState({ state })}</Badge>
}

/** What a delivery is, in figures that both sides can compare. */
export function DeliveryFacts({ delivery }: { readonly delivery: DeliveryRow }) {
  const { house } = useMessages()
  const time = useTime()
  const count = new Intl.NumberFormat(useLanguage())
  const { items, setAside, set, builtAt, size, sha256, proposedAt } = delivery
  return (
    <dl className={css['facts']}>
      <dt>{house.items()}</dt>
      <dd>{count.format(items)}</dd>
      {setAside === null ? null : (
        <>
          <dt>{house.setAside()}</dt>
          <dd>{count.format(setAside)}</dd>
        </>
      )}
      <dt>{house.proposed()}</dt>
      <dd>{time.full(proposedAt)}</dd>
      {set === null ? null : (
        <>
          <dt>{house.set()}</dt>
          <dd className={css['mono']}>
            <bdi dir="ltr">{set}</bdi>
          </dd>
        </>
      )}
      {builtAt === null ? null : (
        <>
          <dt>{house.built()}</dt>
          <dd>{time.full(builtAt)}</dd>
        </>
      )}
      {size === null ? null : (
        <>
          <dt>{house.size()}</dt>
          <dd>{house.bytes({ count: size })}</dd>
        </>
      )}
      {sha256 === null ? null : (
        <>
          <dt>{house.sha256()}</dt>
          <dd className={css['mono']}>
            <bdi dir="ltr">{sha256}</bdi>
          </dd>
        </>
      )}
    </dl>
  )
}
