import { MaquetteError, type StreamState } from '@maquette/react'
import { useQuery } from '@tanstack/react-query'

import { pipelinesQuery } from '@/api/queries'
import { hasEnded, type Job, type Pipeline, type Task } from '@/api/types'
import { formatAgo, formatDate, formatDuration } from '@/i18n/format'
import { t, word } from '@/i18n/t'
import { Card, Empty, Hidden, ProgressBar, Skeleton } from '@/ui/bits'
import { Button, ButtonLink } from '@/ui/Button'
import { StatusBadge } from '@/ui/StatusBadge'
import { messageOf } from '@/ui/Toasts'
import { useNow } from '@/ui/useNow'
import { useTitle } from '@/ui/useTitle'

import { Approval } from './Approval'
import { Failure } from './Failure'
import css from './job.module.css'
import { elapsedOf, railOf, type RailItem } from './rail'
import { ResultView } from './ResultView'
import { Cutouts, Sources } from './Pictures'
import { StageRail } from './StageRail'
import { useActions } from './useActions'
import { useJob } from './useJob'

export function JobPage({ id }: { id: string }) {
  const { job, tasks, live } = useJob(id)
  const { data: pipelines } = useQuery(pipelinesQuery)
  const pipeline = pipelines?.find(({ name }) => name === job.data?.pipeline)
  if (job.error && !job.data) return <Missing error={job.error} onRetry={() => void job.refetch()} />
  if (!job.data || !pipeline) return <Loading />
  return <Loaded job={job.data} tasks={tasks} pipeline={pipeline} live={live} offline={job.error !== null} />
}

interface Props {
  job: Job
  tasks: readonly Task[]
  pipeline: Pipeline
  live: StreamState
  offline: boolean
}

function Loaded({ job, tasks, pipeline, live, offline }: Props) {
  const actions = useActions(job.id)
  const ended = hasEnded(job.status)
  const now = useNow(!ended)
  const items = railOf(pipeline, job, tasks, now)
  const current = items.find(({ mark }) => mark !== 'done' && mark !== 'todo')
  const done = job.status === 'completed'
  useTitle(ended || !current ? word('status', job.status) : `${job.progress} % ${current.label}`)
  return (
    <>
      <header className={css.head}>
        <div>
          <h1>{pipeline.title}</h1>
          <p>
            <StatusBadge status={job.status} />
            <time dateTime={job.created_at} title={formatDate(job.created_at)}>
              {formatAgo(job.created_at, now)}
            </time>
            <code>{job.id}</code>
            {job.is_test && <strong>{t('job.test')}</strong>}
          </p>
        </div>
        <div className={css.actions}>
          {job.status === 'waiting' && job.waiting_for !== 'approval' && (
            <Button label={t('job.resume')} icon="play" variant="primary" disabled={actions.isPending} onClick={() => actions.mutate({ kind: 'resume' })} />
          )}
          {!ended && <Button label={t('job.cancel')} icon="square" disabled={actions.isPending} onClick={() => actions.mutate({ kind: 'cancel' })} />}
          {done && <ButtonLink label={t('job.another')} icon="plus" href="/" />}
        </div>
      </header>
      <Hidden>
        <span role="status" aria-live="polite">
          {announcement(job, current)}
        </span>
      </Hidden>
      <div className={css.layout}>
        <Card className={css.side} aria-label={t('job.progress')}>
          <div className={css.meter}>
            <p>
              <strong>{job.progress} %</strong>
              <span>{t('job.elapsed', { time: formatDuration(elapsedOf(tasks, now)) })}</span>
            </p>
            <ProgressBar value={job.progress} label={t('job.progress')} tone={job.status === 'failed' ? 'bad' : 'plain'} />
            <p className={css.live}>{note(job, live, offline)}</p>
          </div>
          <StageRail items={items} busy={actions.isPending} onRestart={(from) => actions.mutate({ kind: 'retry', from })} />
        </Card>
        <div className={css.main}>
          {job.error && <Failure job={job} stage={current?.label ?? null} busy={actions.isPending} onRetry={() => actions.mutate({ kind: 'retry' })} />}
          {job.waiting_for === 'approval' ? (
            <Approval job={job} />
          ) : done && job.result_id ? (
            <ResultView resultId={job.result_id} />
          ) : (
            <Cutouts tasks={tasks} expected={Math.min(job.inputs.length, 4)} running={!ended} />
          )}
          <Sources job={job} />
        </div>
      </div>
    </>
  )
}

function announcement(job: Job, current: RailItem | undefined): string {
  if (job.status === 'completed') return t('job.said.done')
  if (!current) return ''
  return `${current.label}: ${t(`mark.${current.mark}`)}`
}

/** What there is to say beneath the bar. */
function note(job: Job, live: StreamState, offline: boolean): string {
  if (offline) return t('job.offline')
  if (job.status === 'pending' && job.queue_position) return t('job.queue', { position: job.queue_position })
  if (job.status === 'waiting') return word('waiting', job.waiting_for ?? 'input')
  if (job.attempt > 1) return t('job.attempt', { attempt: job.attempt })
  if (hasEnded(job.status)) return ''
  return live === 'open' ? t('job.live') : t('job.polling')
}

function Missing({ error, onRetry }: { error: Error; onRetry: () => void }) {
  useTitle(t('job.missing'))
  const gone = error instanceof MaquetteError && error.status === 404
  return (
    <Empty icon={gone ? 'circle-slash' : 'wifi-off'} title={gone ? t('job.missing') : messageOf(error)}>
      <p>{gone ? t('job.missing.hint') : ''}</p>
      {gone ? (
        <ButtonLink label={t('nav.jobs')} href="/jobs" />
      ) : (
        <Button label={t('again')} icon="refresh" onClick={onRetry} />
      )}
    </Empty>
  )
}

function Loading() {
  return (
    <div aria-busy>
      <Skeleton height="2.25rem" width="min(18rem, 70%)" />
      <div className={css.layout}>
        <Skeleton height="26rem" />
        <Skeleton height="26rem" />
      </div>
    </div>
  )
}
