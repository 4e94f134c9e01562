import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import css from './dialog.module.css'

interface DialogProps {
  readonly open: boolean
  /** Asked for by Escape or a press outside; the owner decides. */
  readonly onClose: () => void
  readonly title: string
  readonly text?: string
  readonly wide?: boolean
  readonly children?: ReactNode
  readonly actions: ReactNode
}

/** A question that holds the page until answered. Focus stays inside and returns afterwards. */
export function Dialog({ open, onClose, title, text, wide, children, actions }: DialogProps) {
  return (
    <Base.Root
      open={open}
      onOpenChange={(next) => {
        if (!next) onClose()
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={css['backdrop']} />
        <Base.Popup className={`${css['popup'] ?? ''} ${wide === true ? (css['wide'] ?? '') : ''}`}>
          <Base.Title className={css['title']}>{title}</Base.Title>
          {text === undefined ? null : (
            <Base.Description className={css['text']}>{text}</Base.Description>
          )}
          {children}
          <div className={css['actions']}>{actions}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
