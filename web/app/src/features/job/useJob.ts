import { useEvents, type JobEvent } from '@maquette/react'
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'

import { jobQuery, tasksQuery } from '@/api/queries'
import { hasEnded, type Job } from '@/api/types'

const POLL_MS = 2_500
const HIDDEN_POLL_MS = 10_000
/** Events that come together lead to one read. */
const GATHER_MS = 150

/** A job and its tasks, live: by its events while they come, else by asking again. */
export function useJob(id: string) {
  const queries = useQueryClient()
  const listener = useMemo(() => listen(queries, id), [queries, id])
  useEffect(() => listener.stop, [listener])
  const known = queries.getQueryData<Job>(jobQuery(id).queryKey)
  const ended = known !== undefined && hasEnded(known.status)
  const live = useEvents(id, {
    enabled: known !== undefined && !ended,
    onEvent: listener.onEvent,
    ...(known && { since: known.seq }),
  })
  const every = document.visibilityState === 'hidden' ? HIDDEN_POLL_MS : POLL_MS
  const refetchInterval = ended || live.state === 'open' ? (false as const) : every
  const job = useQuery({ ...jobQuery(id), refetchInterval, refetchIntervalInBackground: true })
  const tasks = useQuery({ ...tasksQuery(id), refetchInterval, enabled: job.data !== undefined })
  return { job, tasks: tasks.data ?? [], live: live.state }
}

/** Shows an event at once; the rest of the job is read soon after one that changed more than the progress. */
function listen(queries: QueryClient, id: string) {
  let timer: ReturnType<typeof setTimeout> | undefined
  const read = () => {
    timer = undefined
    for (const queryKey of [jobQuery(id).queryKey, tasksQuery(id).queryKey, ['jobs']]) {
      void queries.invalidateQueries({ queryKey })
    }
  }
  return {
    onEvent(event: JobEvent) {
      show(queries, event)
      if (event.type !== 'stage.progress') timer ??= setTimeout(read, GATHER_MS)
    },
    stop: () => clearTimeout(timer),
  }
}

function show(queries: QueryClient, event: JobEvent): void {
  const { status, stage, progress, attempt, failed_stage, waiting_for, result_id } = event.data
  const told = { status, stage, progress, attempt, failed_stage, waiting_for, result_id, seq: event.seq }
  const changes = told as Partial<Job> // the package knows no stages by name
  queries.setQueryData<Job>(jobQuery(event.job_id).queryKey, (job) =>
    job && event.seq > job.seq ? { ...job, ...changes } : job,
  )
}
