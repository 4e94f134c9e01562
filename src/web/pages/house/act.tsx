import type { ReactNode } from 'react'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { useMessages } from '../../kit/words.tsx'
import { FailureNote } from './failure.tsx'
import house from './house.module.css'
import { useAct } from './house.tsx'

interface ActProps {
  readonly title: string
  /** What it is for, or what it leads to. */
  readonly text?: string
  /** What the button says. */
  readonly act: string
  /** False while what was typed may not be sent. */
  readonly ready?: boolean
  readonly onAct: () => Promise<void>
  readonly children?: ReactNode
}

interface ActPanelProps extends ActProps {
  /** The one act for which people come to this page. */
  readonly primary?: boolean
  /** A state of the whole, beside the title. */
  readonly badge?: ReactNode
}

/** A panel with one form and one act. What failed stands below it, what was typed stays. */
export function ActPanel(props: ActPanelProps) {
  const { title, text, act, ready = true, onAct, children, primary, badge } = props
  const { busy, failure, run } = useAct()
  return (
    <form
      className={house['panel']}
      autoComplete="off"
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault()
        if (ready && !busy) void run(onAct)
      }}
    >
      <div className={house['head']}>
        <h2>{title}</h2>
        {badge}
      </div>
      {text === undefined ? null : <p className={house['soft']}>{text}</p>}
      {children}
      <div className={house['row']}>
        <Button kind={primary === true ? 'primary' : 'plain'} submit disabled={busy || !ready}>
          {act}
        </Button>
      </div>
      <FailureNote failure={failure} />
    </form>
  )
}

interface ActDialogProps extends ActProps {
  readonly danger?: boolean
  /** Left, or done. */
  readonly onClose: () => void
}

/** A question before an act that weighs. It closes when the act is done, and says why it is not. */
export function ActDialog(props: ActDialogProps) {
  const { title, text, act, ready = true, onAct, children, danger, onClose } = props
  const { kit } = useMessages()
  const { busy, failure, run } = useAct()
  const done = async () => {
    if (await run(onAct)) onClose()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      {...(text !== undefined && { text })}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button
            kind={danger === true ? 'danger' : 'primary'}
            disabled={busy || !ready}
            onClick={() => void done()}
          >
            {act}
          </Button>
        </>
      }
    >
      {children}
      <FailureNote failure={failure} />
    </Dialog>
  )
}
