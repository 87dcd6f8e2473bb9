import { createClient, MaquetteError, MaquetteProvider } from '@maquette/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Route, Switch, useLocation } from 'wouter'

import { tokenOf } from './api/sessions'
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
const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => count < RETRIES && !(error instanceof MaquetteError && !error.retryable) },
  },
})

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <MaquetteProvider client={client}>
        <ToastProvider>
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
