import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'

import { MaquetteError } from './client.js'
import { useMaquette } from './MaquetteProvider.js'
import type { JobStage, JobStatus, StatusResponse } from './types.js'
import { useEvents } from './useEvents.js'

export interface UseStatusOptions {
  /** Milliseconds between two polls. */
  pollMs?: number
  /** Follow the job's events, and poll only while they do not come. */
  stream?: boolean
}

export interface UseStatusResult {
  status: JobStatus | null
  stage: JobStage | null
  progress: number
  resultId: string | null
  isLoading: boolean
  isComplete: boolean
  isFailed: boolean
  /** Why the status could not be read, or why the job failed. */
  error: Error | null
}

export const statusKey = (jobId: string | null) => ['maquette', 'status', jobId] as const

export const isTerminal = (status: JobStatus | null | undefined): boolean =>
  status === 'completed' || status === 'failed'

const RETRIES = 2

/** A job's status, kept up to date until it has completed or failed. Idle without a job or without its token. */
export function useStatus(
  jobId: string | null,
  { pollMs = 2500, stream = false }: UseStatusOptions = {},
): UseStatusResult {
  const client = useMaquette()
  const enabled = !!jobId && !!client.token(jobId)
  const queries = useQueryClient()
  const onEvent = useMemo(() => refresher(queries, jobId), [queries, jobId])
  const known = queries.getQueryData<StatusResponse>(statusKey(jobId))
  const { state } = useEvents(jobId, { enabled: stream && enabled && !isTerminal(known?.status), onEvent })
  const rests = stream && state === 'open'
  const { data, isLoading, error } = useQuery({
    queryKey: statusKey(jobId),
    queryFn: ({ signal }) => client.status(jobId ?? '', signal),
    enabled,
    refetchInterval: ({ state: { data, error } }) =>
      rests || isTerminal(data?.status) || refused(error) ? false : pollMs,
    // what is known of this job stays while it is read again; what is known of another job is no answer
    placeholderData: (previous, query) => (query?.queryKey[2] === jobId ? previous : undefined),
    retry: (count, reason) => count < RETRIES && !refused(reason),
  })
  return {
    status: data?.status ?? null,
    stage: data?.stage ?? null,
    progress: data?.progress ?? 0,
    resultId: data?.resultId ?? null,
    isLoading,
    isComplete: data?.status === 'completed',
    isFailed: data?.status === 'failed',
    error: error ?? failure(data),
  }
}

const refused = (error: Error | null): boolean => error instanceof MaquetteError && !error.retryable

function failure(data: StatusResponse | undefined): Error | null {
  return data?.status === 'failed' && data.errorMessage ? new Error(data.errorMessage) : null
}

/** Reads the status again after an event. Events during a read lead to one more read, not to one each. */
function refresher(queries: QueryClient, jobId: string | null): () => void {
  let running = false
  let again = false
  const drain = async () => {
    running = true
    while (again) {
      again = false
      await queries.refetchQueries({ queryKey: statusKey(jobId), exact: true })
    }
    running = false
  }
  return () => {
    again = true
    if (!running) void drain()
  }
}
