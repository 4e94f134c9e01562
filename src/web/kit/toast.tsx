import { Toast as Base } from '@base-ui/react/toast'
import type { ReactNode } from 'react'
import css from './toast.module.css'
import { useMessages } from './words.tsx'

/** Says something in passing: `tell({ title })`. What must be answered is a Dialog instead. */
export function useTell(): (told: {
  title: string
  text?: string
  tone?: 'plain' | 'bad'
}) => void {
  const { add } = Base.useToastManager()
  return ({ title, text, tone }) => {
    const bad = tone === 'bad'
    add({ title, description: text, type: tone, priority: bad ? 'high' : 'low' })
  }
}

/** The corner in which told things appear. Stands once, around the application. */
export function Toasts({ children }: { readonly children: ReactNode }) {
  return (
    <Base.Provider>
      {children}
      <Base.Portal>
        <Base.Viewport className={css['viewport']}>
          <Told />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  )
}

function Told() {
  const { toasts } = Base.useToastManager()
  const { kit } = useMessages()
  return toasts.map((toast) => (
    <Base.Root key={toast.id} toast={toast} className={css['toast']}>
      <Base.Title className={css['title']} />
      <Base.Description className={css['text']} />
      <Base.Close className={css['close']} aria-label={kit.close()}>
        ✕
      </Base.Close>
    </Base.Root>
  ))
}
