import { createClient, MaquetteError, MaquetteProvider } from '@maquette/react'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Route, Switch, useLocation } from 'wouter'

import { meQuery } from './api/queries'
import { tokenOf } from './api/sessions'
import { Gate } from './features/access/Gate'
import { JobPage } from './features/job/JobPage'
import { JobsPage } from './features/jobs/JobsPage'
import { NewPage } from './features/new/NewPage'
import { Shell } from './features/shell/Shell'
import { t } from './i18n/t'
import { Empty } from './ui/bits'
import { ButtonLink } from './ui/Button'
import { ToastProvider } from './ui/Toasts'

const RETRIES = 2
const client = createClient({ getToken: tokenOf })
const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // the sign-in has ended meanwhile: the gate has to know
    onError: (error, { queryKey }) => {
      const ended = error instanceof MaquetteError && error.status === 401 && queryKey[0] !== meQuery.queryKey[0]
      if (ended) void queries.resetQueries({ queryKey: meQuery.queryKey })
    },
  }),
  defaultOptions: {
    queries: { retry: (count, error) => count < RETRIES && !(error instanceof MaquetteError && !error.retryable) },
  },
})

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <MaquetteProvider client={client}>
        <ToastProvider>
          <Gate>
            <Shell>
              <FocusOnMove />
              <Switch>
                <Route path="/" component={NewPage} />
                <Route path="/jobs" component={JobsPage} />
                <Route path="/job/:id">{({ id }) => <JobPage key={id} id={id} />}</Route>
                <Route>
                  <Empty icon="circle-slash" title={t('lost')}>
                    <ButtonLink label={t('lost.home')} href="/" />
                  </Empty>
                </Route>
              </Switch>
            </Shell>
          </Gate>
        </ToastProvider>
      </MaquetteProvider>
    </QueryClientProvider>
  )
}

/** A new screen starts at its top, for the eye and for a screen reader. */
function FocusOnMove() {
  const [path] = useLocation()
  useEffect(() => {
    scrollTo(0, 0)
    if (document.activeElement !== document.body) document.getElementById('main')?.focus({ preventScroll: true })
  }, [path])
  return null
}
