import { useState } from 'react'
import type { KeyChoice } from '../../api/keys.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { useMessages } from '../../kit/words.tsx'
import { FailureNote, useOneAct } from './failure.tsx'

interface StepUpDialogProps {
  readonly softwareKey: boolean
  readonly onKey: (choice: KeyChoice) => Promise<void>
  readonly onClose: () => void
}

/** Asks for the key before an act that weighs: whoever sits here must be who signed in. */
export function StepUpDialog({ softwareKey, onKey, onClose }: StepUpDialogProps) {
  const { kit, house } = useMessages()
  const [open] = useState(true)
  const { busy, failure, run } = useOneAct()
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={house.stepUpTitle()}
      text={house.stepUpText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          {softwareKey ? (
            <Button disabled={busy} onClick={() => void run(() => onKey({ by: 'software' }))}>
              {house.softwareKey()}
            </Button>
          ) : null}
          <Button
            kind="primary"
            disabled={busy}
            onClick={() => void run(() => onKey({ by: 'browser' }))}
          >
            {house.useKey()}
          </Button>
        </>
      }
    >
      <FailureNote failure={failure} />
    </Dialog>
  )
}
