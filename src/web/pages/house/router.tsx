import {
  createBrowserHistory,
  createRootRoute,
  createRoute,
  createRouter,
  useNavigate,
} from '@tanstack/react-router'
import { useCallback, type ReactNode } from 'react'
import { Refusal } from '../../api/server.ts'
import { BenchPlace } from '../bench/bench-place.tsx'
import { ClientPage } from '../client/client.tsx'
import { ClientOfDeskPage } from '../desk/client.tsx'
import { DeskPage } from '../desk/desk.tsx'
import { ProjectPage } from '../desk/project.tsx'
import { GatehousePage } from '../gatehouse/gatehouse.tsx'
import { OwnPage } from '../people/own.tsx'
import { PeoplePage } from '../people/people.tsx'
import { PersonPage } from '../people/person.tsx'
import { EntryPage } from '../records/entry.tsx'
import { RecordsPage } from '../records/records.tsx'
import { FailurePage } from './failure.tsx'
import { Begin, Shell, type Workplace } from './shell.tsx'

const root = createRootRoute({
  component: Shell,
  errorComponent: ({ error }) => (
    <FailurePage error={error instanceof Error ? error : new Refusal('unexpected')} />
  ),
  notFoundComponent: Home,
})
const route = <const Path extends string>(path: Path, component: () => ReactNode) =>
  createRoute({ getParentRoute: () => root, path, component })

const tree = root.addChildren([
  route('/', Home),
  route('/bench', BenchPlace),
  route('/desk', DeskPage),
  route('/desk/clients/$client', ClientOfDeskPage),
  route('/desk/projects/$project', ProjectPage),
  route('/gatehouse', GatehousePage),
  route('/people', PeoplePage),
  route('/people/$person', PersonPage),
  route('/records', RecordsPage),
  route('/records/$index', EntryPage),
  route('/client', ClientPage),
  route('/me', OwnPage),
])

/** The pages of one session. Nothing is kept in the history but addresses with opaque ids. */
export function makeRouter() {
  if (!location.pathname.startsWith('/app')) history.replaceState(null, '', '/app/')
  return createRouter({
    routeTree: tree,
    basepath: '/app',
    history: createBrowserHistory(),
    scrollRestoration: false,
    defaultPreload: false,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}

function Home() {
  const navigate = useNavigate()
  const go = useCallback(
    (workplace: Workplace) => {
      void navigate({ to: `/${workplace}`, replace: true })
    },
    [navigate],
  )
  return <Begin go={go} />
}
