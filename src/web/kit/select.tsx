import { Select as Base } from '@base-ui/react/select'
import css from './select.module.css'

interface SelectProps<Value extends string> {
  readonly name: string
  readonly options: readonly { readonly value: Value; readonly words: string }[]
  readonly value: Value
  readonly onChange: (value: Value) => void
}

/** One of many in a list that opens; typing jumps to an option. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const items = props.options.map(({ value, words }) => ({ value, label: words }))
  return (
    <div className={css['field']}>
      <Base.Root
        items={items}
        autoComplete="off"
        value={props.value}
        onValueChange={(value) => {
          if (value !== null) props.onChange(value)
        }}
      >
        <Base.Label className={css['name']}>{props.name}</Base.Label>
        <Base.Trigger className={css['trigger']}>
          <Base.Value />
          <Base.Icon aria-hidden="true">▾</Base.Icon>
        </Base.Trigger>
        <Base.Portal>
          <Base.Positioner
            className={css['positioner']}
            sideOffset={4}
            alignItemWithTrigger={false}
          >
            <Base.Popup className={css['popup']}>
              <Base.List>
                {items.map((item) => (
                  <Base.Item key={item.value} value={item.value} className={css['item']}>
                    <Base.ItemIndicator>✓</Base.ItemIndicator>
                    <Base.ItemText className={css['text']}>{item.label}</Base.ItemText>
                  </Base.Item>
                ))}
              </Base.List>
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
    </div>
  )
}
