import { useStatus } from '@maquette/react'
import { useSyncExternalStore } from 'react'
import { Link, useLocation } from 'wouter'

import { latestJob, onSession } from '@/api/sessions'
import { t } from '@/i18n/t'
import { Icon } from '@/ui/Icon'

import css from './shell.module.css'

/** The job that this browser started last, on every screen but its own, until it has ended. */
export function ActiveJob() {
  const [path] = useLocation()
  const jobId = useSyncExternalStore(onSession, latestJob)
  const elsewhere = jobId !== null && path !== `/job/${jobId}`
  const { status, progress } = useStatus(elsewhere ? jobId : null)
  if (!elsewhere || (status !== 'pending' && status !== 'processing')) return null
  return (
    <Link href={`/job/${jobId}`} className={css.active}>
      <Icon name="loader" size={16} className={css.spin} />
      {t('active', { progress })}
    </Link>
  )
}
