import { useState } from 'react'
import { Link } from 'wouter'

import { hasEnded, type Job, type Pipeline } from '@/api/types'
import { formatAgo, formatDate, formatDuration } from '@/i18n/format'
import { t } from '@/i18n/t'
import { ProgressBar } from '@/ui/bits'
import { Icon } from '@/ui/Icon'
import { StatusBadge } from '@/ui/StatusBadge'

import css from './jobs.module.css'

export function JobRow({ job, pipeline }: { job: Job; pipeline: Pipeline | undefined }) {
  const title = pipeline?.title ?? job.pipeline
  const stage = pipeline?.stages.find((one) => one.stage === (job.failed_stage ?? job.stage))
  const count = job.inputs.length
  return (
    <li>
      <Link href={`/job/${job.id}`} className={css.row}>
        <Thumb job={job} isModel={pipeline?.result === 'model'} />
        <span className={css.text}>
          <strong>{title}</strong>
          <small>{factOf(job, stage?.label)}</small>
        </span>
        {hasEnded(job.status) ? (
          <small className={css.when}>
            {t(count === 1 ? 'jobs.photos.one' : 'jobs.photos', { count })} · {formatDuration(job.elapsed_ms)}
          </small>
        ) : (
          <span className={css.bar}>
            <ProgressBar value={job.progress} label={t('job.progress')} />
          </span>
        )}
        <time className={css.when} dateTime={job.created_at} title={formatDate(job.created_at)}>
          {formatAgo(job.created_at)}
        </time>
        <StatusBadge status={job.status} />
      </Link>
    </li>
  )
}

function factOf(job: Job, stage: string | undefined): string {
  if (job.status === 'failed') return job.error?.message ?? ''
  if (job.status === 'pending' && job.queue_position) return t('job.queue', { position: job.queue_position })
  if (hasEnded(job.status) || !stage) return job.id
  return `${stage} · ${job.progress} %`
}

/** The finished model's picture, until then the first photo. */
function Thumb({ job, isModel }: { job: Job; isModel: boolean }) {
  const [shown, setShown] = useState(true)
  const made = isModel && job.result_id !== null
  const first = job.inputs[0]
  const src = made ? `/api/v1/results/${job.result_id}/download?as=thumbnail` : `/api/v1/assets/${first?.asset_id}/content`
  return (
    <span className={css.thumb} data-made={made}>
      {shown && (made || first) ? <img key={src} src={src} alt="" loading="lazy" onError={() => setShown(false)} /> : <Icon name="box" size={22} />}
    </span>
  )
}
