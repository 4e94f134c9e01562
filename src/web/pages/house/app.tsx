import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { Done, Standing } from '#shared/identity.ts'
import { openSignals, SignalLine } from '../../api/line.ts'
import { Refusal, type Server } from '../../api/server.ts'
import { Loading } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import { timers } from '../../timers.ts'
import { FailurePage } from './failure.tsx'
import css from './house.module.css'
import { HouseAround, type House, type PersonSetting } from './house.tsx'
import { makeRouter } from './router.tsx'
import { SignIn, useSoftwareKey } from './sign-in.tsx'

interface AppProps {
  readonly server: Server
  readonly setting: PersonSetting
  readonly onSetting: (setting: PersonSetting) => void
}

type Entry =
  | { readonly is: 'asking' | 'out' }
  | { readonly is: 'in'; readonly standing: Standing }
  | { readonly is: 'failed'; readonly error: Error }

/** The whole application: nobody, somebody at the sign-in, or a person at their workplaces. */
export function App({ server, setting, onSetting }: AppProps) {
  const { house } = useMessages()
  const [entry, setEntry] = useState<Entry>({ is: 'asking' })
  const ask = useCallback(() => {
    void enter(server).then(setEntry)
  }, [server])
  const out = useCallback(() => {
    setEntry({ is: 'out' })
  }, [])
  useEffect(ask, [ask])
  switch (entry.is) {
    case 'asking':
      return (
        <main className={css['entry']}>
          <Loading title={house.starting()} text={house.startingText()} />
        </main>
      )
    case 'failed':
      return (
        <main className={css['entry']}>
          <FailurePage error={entry.error} onAgain={ask} />
        </main>
      )
    case 'out':
      return <SignIn server={server} onSignedIn={ask} />
    case 'in':
      return <SignedIn {...{ server, setting, onSetting, standing: entry.standing }} onOut={out} />
  }
}

/** Asks who is signed in here. */
async function enter(server: Server): Promise<Entry> {
  try {
    return { is: 'in', standing: await server.ask('GET', '/standing', Standing) }
  } catch (error) {
    if (error instanceof Refusal && error.kind === 'not-signed-in') return { is: 'out' }
    return { is: 'failed', error: error instanceof Error ? error : new Refusal('unexpected') }
  }
}

interface SignedInProps extends AppProps {
  readonly standing: Standing
  readonly onOut: () => void
}

/** Everything of one session: its line, its answers and its pages; gone with it. */
function SignedIn({ server, setting, onSetting, standing, onOut }: SignedInProps) {
  const softwareKey = useSoftwareKey(server)
  const [line] = useState(() => new SignalLine(openSignals, timers))
  const [queries] = useState(makeQueries)
  const [router] = useState(makeRouter)
  useEffect(() => {
    const hear = line.subscribe((word) => {
      if (word !== 'silent') void queries.invalidateQueries()
    })
    const forget = server.onSignedOut(onOut)
    return () => {
      hear()
      forget()
      line.close()
      queries.clear()
    }
  }, [server, line, queries, onOut])
  const house = useMemo(
    (): House => ({
      ...{ server, line, standing, softwareKey, setting, onSetting },
      onSignIn: onOut,
      onSignOut() {
        server.ask('POST', '/session/end', Done, {}).then(onOut, onOut)
      },
    }),
    [server, line, standing, softwareKey, setting, onSetting, onOut],
  )
  return (
    <QueryClientProvider client={queries}>
      <HouseAround house={house}>
        <RouterProvider router={router} />
      </HouseAround>
    </QueryClientProvider>
  )
}

/** Answers are asked for again whenever a page is opened; a refusal is an answer and final. */
function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { networkMode: 'always', retry: false, staleTime: 0, gcTime: 60_000 },
      mutations: { networkMode: 'always', retry: false },
    },
  })
}
