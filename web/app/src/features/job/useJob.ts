import { useEvents, type JobEvent } from '@maquette/react'
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'

import { jobQuery, tasksQuery } from '@/api/queries'
import { hasEnded, type Job } from '@/api/types'

const POLL_MS = 2_500
const HIDDEN_POLL_MS = 10_000

/** A job and its tasks, live: by its events while they come, else by asking again. */
export function useJob(id: string) {
  const queries = useQueryClient()
  const known = queries.getQueryData<Job>(jobQuery(id).queryKey)
  const onEvent = useCallback((event: JobEvent) => merge(queries, event), [queries])
  const live = useEvents(id, {
    enabled: known !== undefined && !hasEnded(known.status),
    onEvent,
    ...(known && { since: known.seq }),
  })
  const ended = known !== undefined && hasEnded(known.status)
  const every = document.visibilityState === 'hidden' ? HIDDEN_POLL_MS : POLL_MS
  const refetchInterval = ended || live.state === 'open' ? (false as const) : every
  const job = useQuery({ ...jobQuery(id), refetchInterval, refetchIntervalInBackground: true })
  const tasks = useQuery({ ...tasksQuery(id), refetchInterval, enabled: job.data !== undefined })
  return { job, tasks: tasks.data ?? [], live: live.state }
}

/** Shows an event at once; the rest of the job is read when more than its progress has changed. */
function merge(queries: QueryClient, event: JobEvent): void {
  const { status, stage, progress, attempt, failed_stage, waiting_for, result_id } = event.data
  const told = { status, stage, progress, attempt, failed_stage, waiting_for, result_id, seq: event.seq }
  const changes = told as Partial<Job> // the package knows no stages by name
  queries.setQueryData<Job>(jobQuery(event.job_id).queryKey, (job) =>
    job && event.seq > job.seq ? { ...job, ...changes } : job,
  )
  if (event.type === 'stage.progress') return
  for (const { queryKey } of [jobQuery(event.job_id), tasksQuery(event.job_id)]) {
    void queries.invalidateQueries({ queryKey, exact: true })
  }
  void queries.invalidateQueries({ queryKey: ['jobs'] })
}
