import { useMutation, useQueryClient } from '@tanstack/react-query'

import { api, take } from '@/api/client'
import { jobQuery, tasksQuery } from '@/api/queries'
import type { Job, Stage } from '@/api/types'
import { useToasts } from '@/ui/Toasts'

type Action = { kind: 'cancel' } | { kind: 'resume' } | { kind: 'retry'; from?: Stage }

/** What a person can ask of a job. */
export function useActions(id: string) {
  const queries = useQueryClient()
  const toasts = useToasts()
  const params = { path: { job_id: id } }
  return useMutation({
    mutationFn: (action: Action): Promise<Job> => {
      if (action.kind === 'cancel') return take(api.POST('/api/v1/jobs/{job_id}/cancel', { params }))
      if (action.kind === 'resume') return take(api.POST('/api/v1/jobs/{job_id}/resume', { params }))
      const body = action.from === undefined ? {} : { from_stage: action.from }
      return take(api.POST('/api/v1/jobs/{job_id}/retry', { params, body }))
    },
    onSuccess: (job) => queries.setQueryData(jobQuery(id).queryKey, job),
    onError: (error) => toasts.error(error),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: jobQuery(id).queryKey })
      void queries.invalidateQueries({ queryKey: tasksQuery(id).queryKey })
      void queries.invalidateQueries({ queryKey: ['jobs'] })
    },
  })
}
