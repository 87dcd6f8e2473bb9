import { useCallback, useEffect, useMemo, useRef, useState } from 'react'

import type { View } from '@/api/types'
import { t } from '@/i18n/t'
import { useToasts } from '@/ui/Toasts'

import { checkFile } from './checkFile'
import { move, place, rearrange, type Photo, type Room } from './photos'
import { Sending } from './sending'

export interface Photos {
  all: readonly Photo[]
  add: (files: readonly File[], view?: View) => void
  remove: (id: string) => void
  move: (id: string, view: View) => void
  /** The asset's id, or null when the server refuses this photo; throws when it does not answer. */
  send: (id: string) => Promise<string | null>
}

/**
 * The chosen photos, kept in the order and places that the recipe's room allows, and sent at once: what the server has to
 * say of a photo is of use while there is time to take another.
 */
export function usePhotos(room: Room, maxBytes: number): Photos {
  const [all, setAll] = useState<readonly Photo[]>([])
  const now = useRef(all)
  const toasts = useToasts()
  const set = useCallback((photos: readonly Photo[]) => {
    for (const gone of now.current) {
      if (!photos.some(({ preview }) => preview === gone.preview)) URL.revokeObjectURL(gone.preview)
    }
    now.current = photos
    setAll(photos)
  }, [])
  const fit = useCallback(
    ({ photos, left }: { photos: readonly Photo[]; left: readonly Photo[] }) => {
      set(photos)
      for (const { preview } of left) URL.revokeObjectURL(preview)
      if (left.length) toasts.bad(t('new.full', { count: left.length }), t('new.full.hint', { max: room.max }))
    },
    [set, toasts, room],
  )
  const [sending] = useState(() => new Sending())
  const tried = useRef(new Set<string>())
  const send = useCallback(
    (id: string) => {
      const change = (one: string, changes: Partial<Photo>) =>
        set(now.current.map((photo) => (photo.id === one ? { ...photo, ...changes } : photo)))
      const photo = now.current.find((one) => one.id === id)
      return photo ? sending.send(photo, change) : Promise.resolve(null)
    },
    [set, sending],
  )
  useEffect(() => fit(rearrange(now.current, room)), [fit, room])
  useEffect(() => {
    sending.keepOnly(new Set(all.map(({ id }) => id)))
    for (const { id, problem } of all) {
      if (problem || tried.current.has(id)) continue
      tried.current.add(id)
      send(id).catch(() => undefined) // it is sent again when the job is made, and told then
    }
  }, [all, send, sending])
  useEffect(() => () => sending.keepOnly(new Set()), [sending])
  useEffect(() => () => now.current.forEach(({ preview }) => URL.revokeObjectURL(preview)), [])
  return useMemo(() => {
    const add = (files: readonly File[], view?: View) => {
      const photos = files.map((file) => photoOf(file, maxBytes))
      const [first, ...others] = photos
      if (!first) return
      if (view === undefined) return fit(place(now.current, photos, room))
      const kept = now.current.filter((photo) => photo.view !== view)
      fit(place([...kept, { ...first, view }], others, room))
    }
    return {
      all,
      add,
      remove: (id) => set(now.current.filter((photo) => photo.id !== id)),
      move: (id, view) => set(move(now.current, id, view)),
      send,
    }
  }, [all, fit, set, send, room, maxBytes])
}

function photoOf(file: File, maxBytes: number): Photo {
  return {
    id: crypto.randomUUID(),
    file,
    preview: URL.createObjectURL(file),
    view: null,
    problem: checkFile(file, maxBytes),
    sent: null,
    assetId: null,
    notes: [],
  }
}
