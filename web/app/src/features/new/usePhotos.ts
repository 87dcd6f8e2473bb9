import { useCallback, useEffect, useMemo, useRef, useState } from 'react'

import type { View } from '@/api/types'
import { t } from '@/i18n/t'
import { useToasts } from '@/ui/Toasts'

import { checkFile } from './checkFile'
import { move, place, rearrange, type Photo, type Room } from './photos'

export interface Photos {
  all: readonly Photo[]
  add: (files: readonly File[], view?: View) => void
  remove: (id: string) => void
  move: (id: string, view: View) => void
  change: (id: string, changes: Partial<Photo>) => void
}

/** The chosen photos, kept in the order and places that the recipe's room allows. */
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
  useEffect(() => fit(rearrange(now.current, room)), [fit, room])
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
      change: (id, changes) => set(now.current.map((photo) => (photo.id === id ? { ...photo, ...changes } : photo))),
    }
  }, [all, fit, set, room, maxBytes])
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
  }
}
