import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { LogPage } from '#shared/audit.ts'
import { Button } from '../../kit/button.tsx'
import { Empty } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import { Shown } from '../house/asked.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
import { Checkpoint } from './checkpoint.tsx'
import { Entries } from './entries.tsx'
import { addressOf, everything, Search } from './search.tsx'

/** The log: who did what, when, under which policies; each entry leads to its proof. */
export function RecordsPage() {
  const { records } = useMessages()
  const [typed, setTyped] = useState(everything)
  const [asked, setAsked] = useState({ filter: everything, after: '' })
  const { server } = useHouse()
  const address = addressOf(asked.filter, asked.after)
  const page = useQuery({
    queryKey: [address],
    queryFn: () => server.ask('GET', address, LogPage),
  })
  return (
    <main className={house['page']}>
      <PageHead title={records.title()} text={records.intro()} />
      <Search
        filter={typed}
        onChange={setTyped}
        onSearch={(filter) => {
          setTyped(filter)
          setAsked({ filter, after: '' })
        }}
      />
      <Shown query={page}>
        {({ entries, next }) =>
          entries.length === 0 ? (
            <Empty title={records.nothing()} text={records.nothingText()} />
          ) : (
            <>
              <Entries
                entries={entries}
                onLook={(only) => {
                  const filter = { ...typed, ...only }
                  setTyped(filter)
                  setAsked({ filter, after: '' })
                }}
              />
              <div className={house['row']}>
                <Button
                  disabled={asked.after === ''}
                  onClick={() => {
                    setAsked({ ...asked, after: '' })
                  }}
                >
                  {records.newest()}
                </Button>
                <Button
                  disabled={next === null}
                  onClick={() => {
                    setAsked({ ...asked, after: String(next ?? '') })
                  }}
                >
                  {records.older()}
                </Button>
              </div>
            </>
          )
        }
      </Shown>
      <Checkpoint />
    </main>
  )
}
