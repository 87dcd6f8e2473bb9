import { MaquetteError } from '@maquette/react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useLocation } from 'wouter'

import { api, take } from '@/api/client'
import { remember } from '@/api/sessions'
import type { Job } from '@/api/types'
import { t } from '@/i18n/t'

import type { Photos } from './usePhotos'

interface Order {
  pipeline: string
  settings: Record<string, unknown>
}

/** Sends the photos, then starts the job and goes to its page. What is sent already is not sent again. */
export function useMake(photos: Photos) {
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  const sent = useRef({ body: '', key: '' })
  return useMutation({
    mutationFn: async (order: Order): Promise<Job> => {
      const assets = await sendAll(photos)
      const inputs = photos.all.map(({ id, view }) => ({ asset_id: assets.get(id) ?? '', view }))
      const body = { ...order, inputs }
      // asking again for the same thing, after a lost answer, gets the same job
      const text = JSON.stringify(body)
      if (sent.current.body !== text) sent.current = { body: text, key: crypto.randomUUID() }
      const params = { header: { 'idempotency-key': sent.current.key } }
      const { session_token, ...job } = await take(api.POST('/api/v1/jobs', { body, params }))
      remember(job.id, session_token)
      return job
    },
    onSuccess: (job) => {
      queries.setQueryData(['job', job.id], job)
      void queries.invalidateQueries({ queryKey: ['jobs'] })
      navigate(`/job/${job.id}`)
    },
  })
}

async function sendAll(photos: Photos): Promise<Map<string, string>> {
  const sent = await Promise.all(photos.all.map(async ({ id }) => [id, await photos.send(id)] as const))
  const assets = new Map(sent.flatMap(([id, asset]) => (asset ? [[id, asset] as const] : [])))
  const refused = sent.length - assets.size
  if (refused) throw new MaquetteError({ status: 422, code: 'photos_refused', detail: t('new.refused', { count: refused }) })
  return assets
}
