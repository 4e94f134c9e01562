import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { useMessages } from '../../kit/words.tsx'
import house from '../house/house.module.css'

/** A one-time code, shown once: closed, it is gone from this page, and the server keeps only its hash. */
export function CodeDialog({
  code,
  onClose,
}: {
  readonly code: string
  readonly onClose: () => void
}) {
  const { people } = useMessages()
  return (
    <Dialog
      open
      onClose={onClose}
      title={people.codeTitle()}
      text={people.codeText()}
      actions={
        <Button kind="primary" onClick={onClose}>
          {people.codeDone()}
        </Button>
      }
    >
      <div className={house['code']} dir="ltr">
        {code}
      </div>
    </Dialog>
  )
}
