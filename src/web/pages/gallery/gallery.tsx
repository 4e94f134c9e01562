import { useState, type ReactNode } from 'react'
import { Badge } from '../../kit/badge.tsx'
import { Curtain, type Closed } from '../../kit/blank.tsx'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Check, Choices, TextField } from '../../kit/field.tsx'
import { Frame } from '../../kit/frame.tsx'
import { Progress } from '../../kit/progress.tsx'
import { Select } from '../../kit/select.tsx'
import type { Setting } from '../../kit/setting.ts'
import { Empty, Loading, Refused, Stale } from '../../kit/state.tsx'
import { Table } from '../../kit/table.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { useTell } from '../../kit/toast.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { languages, type Language } from '../../locales/messages.gen.ts'
import css from './gallery.module.css'

/** A person's code and workstation, as the bar shows them. */
const sample = 'A-104 · WS-3'

interface GalleryProps {
  readonly setting: Setting & { readonly language: Language }
  readonly onChange: (setting: Setting & { readonly language: Language }) => void
}

/** Every part of the kit on one page, in either theme and every language. */
export function Gallery({ setting, onChange }: GalleryProps) {
  const { kit, gallery } = useMessages()
  const [closed, setClosed] = useState<Closed | null>(null)
  return (
    <Curtain
      closed={closed}
      onAskAgain={() => {
        setClosed(null)
      }}
    >
      <Frame
        places={[{ id: 'gallery', words: gallery.title(), address: '/gallery' }]}
        link={({ address, words }) => (
          <a href={address} aria-current="page">
            {words}
          </a>
        )}
        notice=""
        end={<bdi>{sample}</bdi>}
      >
        <main className={css['page']}>
          <header className={css['head']}>
            <div>
              <h1>{gallery.title()}</h1>
              <p className={css['intro']}>{gallery.intro()}</p>
            </div>
            <SettingChoice setting={setting} onChange={onChange} />
          </header>
          <div className={css['grid']}>
            <Buttons />
            <Badges />
            <Fields />
            <Overlays
              onBlank={() => {
                setClosed({ conditions: ['presence'] })
              }}
            />
            <States />
            <Rows />
          </div>
          <p className="sr-only">{kit.product()}</p>
        </main>
      </Frame>
    </Curtain>
  )
}

function SettingChoice({ setting, onChange }: GalleryProps) {
  const { gallery } = useMessages()
  const names = new Intl.DisplayNames(setting.language, { type: 'language' })
  return (
    <div className={css['choices']}>
      <Select
        name={gallery.theme()}
        value={setting.theme === 'dark' ? 'dark' : 'light'}
        options={[
          { value: 'light', words: gallery.light() },
          { value: 'dark', words: gallery.dark() },
        ]}
        onChange={(theme) => {
          onChange({ ...setting, theme })
        }}
      />
      <Select
        name={gallery.language()}
        value={setting.language}
        options={languages.map((value) => ({ value, words: names.of(value) ?? value }))}
        onChange={(language) => {
          onChange({ ...setting, language })
        }}
      />
    </div>
  )
}

function Part({ title, wide, children }: { title: string; wide?: boolean; children: ReactNode }) {
  return (
    <section className={`${css['part'] ?? ''} ${wide === true ? (css['wide'] ?? '') : ''}`}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function Buttons() {
  const { gallery } = useMessages()
  return (
    <Part title={gallery.buttons()}>
      <div className={css['row']}>
        <Button kind="primary" keys="Ctrl+Enter">
          {gallery.submit()}
        </Button>
        <Button>{gallery.plain()}</Button>
        <Button kind="quiet">{gallery.quiet()}</Button>
        <Button kind="danger" keys="KeyB">
          {gallery.danger()}
        </Button>
        <Button disabled>{gallery.disabled()}</Button>
      </div>
      <Progress
        name={gallery.progress()}
        words={gallery.progressWords({ done: 3712, all: 12000 })}
        done={3712}
        of={12000}
      />
    </Part>
  )
}

function Badges() {
  const { gallery } = useMessages()
  return (
    <Part title={gallery.badges()}>
      <div className={css['row']}>
        <Badge>{gallery.plain()}</Badge>
        <Badge tone="accent">{gallery.submit()}</Badge>
        <Badge tone="good">{gallery.good()}</Badge>
        <Badge tone="warn">{gallery.fair()}</Badge>
        <Badge tone="bad">{gallery.poor()}</Badge>
      </div>
      <Stale text={gallery.staleText({ minutes: 3 })}>
        <Button small>{gallery.refresh()}</Button>
      </Stale>
    </Part>
  )
}

function Fields() {
  const { gallery } = useMessages()
  const [reason, setReason] = useState('')
  const [comment, setComment] = useState('')
  const [sure, setSure] = useState(true)
  const [quality, setQuality] = useState('fair')
  return (
    <Part title={gallery.fields()}>
      <TextField
        name={gallery.reason()}
        hint={gallery.reasonHint()}
        fault={reason === '' ? gallery.reasonFault() : ''}
        value={reason}
        onChange={setReason}
      />
      <TextField name={gallery.comment()} lines={2} value={comment} onChange={setComment} />
      <Choices
        name={gallery.quality()}
        inline
        value={quality}
        onChange={setQuality}
        options={[
          { value: 'good', words: gallery.good() },
          { value: 'fair', words: gallery.fair() },
          { value: 'poor', words: gallery.poor() },
        ]}
      />
      <Check checked={sure} onChange={setSure}>
        {gallery.sure()}
      </Check>
    </Part>
  )
}

function Overlays({ onBlank }: { readonly onBlank: () => void }) {
  const { kit, gallery } = useMessages()
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const tell = useTell()
  const close = () => {
    setOpen(false)
  }
  return (
    <Part title={gallery.dialog()}>
      <div className={css['row']}>
        <Button
          onClick={() => {
            setOpen(true)
          }}
        >
          {gallery.openDialog()}
        </Button>
        <Button
          onClick={() => {
            tell({ title: gallery.toastTitle(), text: gallery.toastText() })
          }}
        >
          {gallery.toast()}
        </Button>
        <Button onClick={onBlank}>{gallery.showBlank()}</Button>
      </div>
      <Tabs
        name={gallery.tabs()}
        tabs={[
          { id: 'one', words: gallery.tabOne(), content: gallery.tabOneText() },
          { id: 'two', words: gallery.tabTwo(), content: gallery.tabTwoText() },
        ]}
      />
      <Dialog
        open={open}
        onClose={close}
        title={gallery.dialogTitle()}
        text={gallery.dialogText()}
        actions={
          <>
            <Button onClick={close}>{kit.cancel()}</Button>
            <Button kind="danger" onClick={close}>
              {gallery.danger()}
            </Button>
          </>
        }
      >
        <TextField name={gallery.reason()} lines={3} value={reason} onChange={setReason} />
      </Dialog>
    </Part>
  )
}

function States() {
  const { gallery } = useMessages()
  return (
    <Part title={gallery.states()} wide>
      <div className={css['states']}>
        <Empty title={gallery.emptyTitle()} text={gallery.emptyText()} />
        <Loading title={gallery.loadingTitle()} text={gallery.loadingText()} />
        <Refused
          title={gallery.refusedTitle()}
          text={gallery.refusedText({ day: new Date(2026, 10, 3) })}
        />
      </div>
    </Part>
  )
}

interface Line {
  readonly item: string
  readonly language: string
  readonly spans: number
  readonly agreement: number
}

const lines: readonly Line[] = Array.from({ length: 10_000 }, (_, n) => ({
  item: `q-${String(n + 1).padStart(5, '0')}`,
  language: ['en', 'ar', 'uk', 'hi', 'de'][n % 5] ?? 'en',
  spans: (n * 7919) % 23,
  agreement: 0.5 + ((n * 104_729) % 500) / 1000,
}))

function Rows() {
  const { gallery } = useMessages()
  const language = useLanguage()
  const names = new Intl.DisplayNames(language, { type: 'language' })
  const number = new Intl.NumberFormat(language)
  const share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
  return (
    <Part title={gallery.table()} wide>
      <Table
        name={gallery.table()}
        height="18rem"
        rows={lines}
        rowId={(line) => line.item}
        columns={[
          {
            id: 'item',
            words: gallery.item(),
            cell: (line) => <bdi>{line.item}</bdi>,
            by: (line) => line.item,
          },
          {
            id: 'language',
            words: gallery.itemLanguage(),
            cell: (line) => names.of(line.language),
            by: (line) => names.of(line.language) ?? line.language,
          },
          {
            id: 'spans',
            words: gallery.spans(),
            end: true,
            cell: (line) => number.format(line.spans),
            by: (line) => line.spans,
          },
          {
            id: 'agreement',
            words: gallery.agreement(),
            end: true,
            cell: (line) => share.format(line.agreement),
            by: (line) => line.agreement,
          },
        ]}
      />
    </Part>
  )
}
