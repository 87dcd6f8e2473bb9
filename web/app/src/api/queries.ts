import { infiniteQueryOptions, queryOptions, replaceEqualDeep } from '@tanstack/react-query'

import { api, take } from './client'
import { hasEnded, type Job, type Status } from './types'

const STABLE_MS = 5 * 60_000

/** Who the server takes this browser for; it refuses where somebody has to sign in first. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/me', { signal })),
  staleTime: STABLE_MS,
})

/** What the server can make. It changes with the server's version only. */
export const pipelinesQuery = queryOptions({
  queryKey: ['pipelines'],
  queryFn: async ({ signal }) => (await take(api.GET('/api/v1/pipelines', { signal }))).items,
  staleTime: STABLE_MS,
})

export const enginesQuery = queryOptions({
  queryKey: ['engines'],
  queryFn: async ({ signal }) => (await take(api.GET('/api/v1/engines', { signal }))).items,
  staleTime: STABLE_MS,
})

export const limitsQuery = queryOptions({
  queryKey: ['limits'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/limits', { signal })),
  staleTime: STABLE_MS,
})

export const statusesQuery = queryOptions({
  queryKey: ['statuses'],
  queryFn: async ({ signal }) => (await take(api.GET('/api/v1/statuses', { signal }))).statuses,
  staleTime: STABLE_MS,
})

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ['job', id],
    queryFn: ({ signal }) => take(api.GET('/api/v1/jobs/{job_id}', { params: { path: { job_id: id } }, signal })),
    structuralSharing: (known, read) => newer(known as Job | undefined, read as Job),
  })

/** An answer that was overtaken by an event does not turn the job back. */
const newer = (known: Job | undefined, read: Job): Job =>
  known && known.seq > read.seq ? known : replaceEqualDeep(known, read)

export const tasksQuery = (id: string) =>
  queryOptions({
    queryKey: ['tasks', id],
    queryFn: async ({ signal }) =>
      (await take(api.GET('/api/v1/jobs/{job_id}/tasks', { params: { path: { job_id: id } }, signal }))).items,
  })

/** What there is to approve, as it was at that state of the job. */
export const approvalQuery = (id: string, seq: number) =>
  queryOptions({
    queryKey: ['approval', id, seq],
    queryFn: ({ signal }) => take(api.GET('/api/v1/jobs/{job_id}/approval', { params: { path: { job_id: id } }, signal })),
    staleTime: Infinity,
  })

/** Assets and results never change. */
export const assetQuery = (id: string) =>
  queryOptions({
    queryKey: ['asset', id],
    queryFn: ({ signal }) => take(api.GET('/api/v1/assets/{asset_id}', { params: { path: { asset_id: id } }, signal })),
    staleTime: Infinity,
  })

export const resultQuery = (id: string) =>
  queryOptions({
    queryKey: ['result', id],
    queryFn: ({ signal }) => take(api.GET('/api/v1/results/{result_id}', { params: { path: { result_id: id } }, signal })),
    staleTime: Infinity,
  })

const BUSY_MS = 2_500
const IDLE_MS = 10_000
const PAGE = 50

/** Often while something runs, seldom otherwise. */
const pace = (jobs: readonly Job[]): number => (jobs.every(({ status }) => hasEnded(status)) ? IDLE_MS : BUSY_MS)

/** The latest jobs: what the counts and the badge are made from. */
export const recentJobsQuery = queryOptions({
  queryKey: ['jobs', 'recent'],
  queryFn: ({ signal }) => take(api.GET('/api/v1/jobs', { params: { query: { limit: 100 } }, signal })),
  refetchInterval: ({ state }) => pace(state.data?.items ?? []),
})

export const jobPagesQuery = (status: Status | '') =>
  infiniteQueryOptions({
    queryKey: ['jobs', 'pages', status],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(status && { status: [status] }), ...(pageParam && { cursor: pageParam }) }
      return take(api.GET('/api/v1/jobs', { params: { query }, signal }))
    },
    initialPageParam: '',
    getNextPageParam: ({ next_cursor }) => next_cursor,
    placeholderData: (previous) => previous,
    refetchInterval: ({ state }) => pace(state.data?.pages.flatMap(({ items }) => items) ?? []),
  })
