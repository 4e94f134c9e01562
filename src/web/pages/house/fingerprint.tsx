import css from './house.module.css'

/** A fingerprint in groups of four, as two people read it to each other over the telephone. */
export function Fingerprint({ of, large }: { readonly of: string; readonly large?: boolean }) {
  const groups = (of.match(/.{1,4}/g) ?? []).join(' ')
  return (
    <bdi className={large === true ? css['code'] : css['mono']} dir="ltr">
      {groups}
    </bdi>
  )
}
