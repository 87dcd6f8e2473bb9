import { MaquetteError } from '@maquette/react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useLocation } from 'wouter'

import { api, take } from '@/api/client'
import { remember } from '@/api/sessions'
import type { Job } from '@/api/types'
import { uploadAsset } from '@/api/upload'
import { t } from '@/i18n/t'
import { messageOf } from '@/ui/Toasts'

import type { Photo } from './photos'
import type { Photos } from './usePhotos'

const AT_ONCE = 2

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
  const assets = new Map<string, string>()
  const queue = [...photos.all]
  const stop = new AbortController()
  let refused = 0
  const work = async () => {
    for (let photo = queue.shift(); photo; photo = queue.shift()) {
      const asset = photo.assetId ?? (await send(photos, photo, stop.signal))
      if (asset) assets.set(photo.id, asset)
      else refused++
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    stop.abort() // one upload failed for a reason that all share: the others end too
  }
  if (refused) throw new MaquetteError({ status: 422, code: 'photos_refused', detail: t('new.refused', { count: refused }) })
  return assets
}

/** The asset's id, or null when the server refuses this photo; throws when it does not answer. */
async function send(photos: Photos, photo: Photo, signal: AbortSignal): Promise<string | null> {
  photos.change(photo.id, { sent: 0, problem: null })
  try {
    const asset = await uploadAsset(photo.file, (share) => photos.change(photo.id, { sent: share }), signal)
    photos.change(photo.id, { sent: null, assetId: asset.id })
    return asset.id
  } catch (error) {
    const own = error instanceof MaquetteError && !error.retryable
    const problem = own ? { message: messageOf(error), hint: error.hint } : null
    photos.change(photo.id, { sent: null, problem })
    if (own) return null
    throw error
  }
}
