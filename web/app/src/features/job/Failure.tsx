import type { Job } from '@/api/types'
import { t } from '@/i18n/t'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'

import css from './job.module.css'

interface Props {
  job: Job
  /** The label of the stage that broke. */
  stage: string | null
  busy: boolean
  onRetry: () => void
}

/** Why the job ended without a result, what to do about it, and the way on from where it broke. */
export function Failure({ job, stage, busy, onRetry }: Props) {
  if (!job.error) return null
  const canceled = job.status === 'canceled'
  const title = stage === null ? t('fail.before') : t('fail.at', { stage })
  return (
    <section className={css.failure} data-canceled={canceled} role={canceled ? undefined : 'alert'}>
      <Icon name={canceled ? 'circle-slash' : 'circle-alert'} size={22} />
      <div>
        <h2>{canceled ? t('fail.canceled') : title}</h2>
        {!canceled && <p>{job.error.message}</p>}
        <p className={css.hint}>{job.error.hint}</p>
        <div className={css.actions}>
          <Button label={stage === null ? t('fail.retry') : t('fail.retry.from', { stage })} icon="rotate" variant="primary" disabled={busy} onClick={onRetry} />
          {!canceled && <code>{job.error.code}</code>}
        </div>
      </div>
    </section>
  )
}
