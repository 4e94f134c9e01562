import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'
import css from './tabs.module.css'

interface TabsProps {
  readonly name: string
  readonly tabs: readonly {
    readonly id: string
    readonly words: string
    readonly content: ReactNode
  }[]
}

/** Views side by side; only the chosen one is in the page. */
export function Tabs({ name, tabs }: TabsProps) {
  return (
    <Base.Root defaultValue={tabs[0]?.id}>
      <Base.List className={css['list']} aria-label={name}>
        {tabs.map(({ id, words }) => (
          <Base.Tab key={id} value={id} className={css['tab']}>
            {words}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map(({ id, content }) => (
        <Base.Panel key={id} value={id} className={css['panel']}>
          {content}
        </Base.Panel>
      ))}
    </Base.Root>
  )
}
