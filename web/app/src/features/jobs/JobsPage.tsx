import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { recentJobsQuery, jobPagesQuery, pipelinesQuery, statusesQuery } from '@/api/queries'
import type { Job, Pipeline, Status } from '@/api/types'
import { t } from '@/i18n/t'
import { Empty, Skeleton } from '@/ui/bits'
import { Button, ButtonLink } from '@/ui/Button'
import { messageOf } from '@/ui/Toasts'
import { useTitle } from '@/ui/useTitle'

import { JobRow } from './JobRow'
import css from './jobs.module.css'

export function JobsPage() {
  useTitle(t('nav.jobs'))
  const [status, setStatus] = useState<Status | ''>('')
  const { data: pipelines = [] } = useQuery(pipelinesQuery)
  const pages = useInfiniteQuery(jobPagesQuery(status))
  const jobs = pages.data?.pages.flatMap(({ items }) => items)
  return (
    <>
      <div className={css.head}>
        <h1>{t('jobs.title')}</h1>
        <ButtonLink label={t('nav.new')} icon="plus" variant="primary" href="/" />
      </div>
      <Filter value={status} onChange={setStatus} />
      <List jobs={jobs} error={pages.error} pipelines={pipelines} filtered={status !== ''} />
      {pages.hasNextPage && (
        <div className={css.more}>
          <Button label={t('jobs.more')} disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()} />
        </div>
      )}
    </>
  )
}

interface ListProps {
  jobs: readonly Job[] | undefined
  error: Error | null
  pipelines: readonly Pipeline[]
  filtered: boolean
}

function List({ jobs, error, pipelines, filtered }: ListProps) {
  if (error && !jobs) return <Empty icon="wifi-off" title={messageOf(error)} />
  if (!jobs)
    return (
      <div className={css.list} aria-busy>
        {[0, 1, 2, 3].map((index) => (
          <Skeleton key={index} height="5.5rem" />
        ))}
      </div>
    )
  if (jobs.length === 0 && filtered) return <Empty icon="circle" title={t('jobs.none.filtered')} />
  if (jobs.length === 0)
    return (
      <Empty icon="box" title={t('jobs.none')}>
        <p>{t('jobs.none.hint')}</p>
        <ButtonLink label={t('jobs.first')} icon="plus" variant="primary" href="/" />
      </Empty>
    )
  return (
    <ul className={css.list}>
      {jobs.map((job) => (
        <JobRow key={job.id} job={job} pipeline={pipelines.find(({ name }) => name === job.pipeline)} />
      ))}
    </ul>
  )
}

/** One button for each status that the server knows, with how many of the latest jobs have it. */
function Filter({ value, onChange }: { value: Status | ''; onChange: (status: Status | '') => void }) {
  const { data: statuses = [] } = useQuery(statusesQuery)
  const { data: recent } = useQuery(recentJobsQuery)
  const more = recent?.next_cursor ? '+' : ''
  const countOf = (status: Status | '') => recent?.items.filter((job) => !status || job.status === status).length ?? 0
  const shown = statuses.filter(({ status }) => status === value || countOf(status) > 0)
  return (
    <div className={css.filter} role="group" aria-label={t('jobs.filter')}>
      {[{ status: '' as const, label: t('jobs.all') }, ...shown].map(({ status, label }) => (
        <button key={status} type="button" aria-pressed={status === value} onClick={() => onChange(status)}>
          {label} <span>{`${countOf(status)}${more}`}</span>
        </button>
      ))}
    </div>
  )
}
