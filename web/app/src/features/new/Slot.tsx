import { useState, type DragEvent } from 'react'

import type { View } from '@/api/types'
import { t, word } from '@/i18n/t'
import { Icon } from '@/ui/Icon'

import { ACCEPT } from './checkFile'
import { Ghost } from './Ghost'
import css from './new.module.css'
import { PhotoCard } from './PhotoCard'
import type { Photo } from './photos'
import type { Photos } from './usePhotos'

const DRAGGED = 'application/x-maquette-photo'

/** The place of one named side: empty it takes a photo, filled it shows it and lets it move. */
export function Slot({ view, views, photo, photos, busy }: { view: View; views: readonly View[]; photo: Photo | null; photos: Photos; busy: boolean }) {
  const [over, setOver] = useState(false)
  const onDrop = (event: DragEvent) => {
    setOver(false)
    if (busy) return
    event.preventDefault()
    event.stopPropagation()
    const moved = event.dataTransfer.getData(DRAGGED)
    if (moved) photos.move(moved, view)
    else photos.add([...event.dataTransfer.files], event.dataTransfer.files.length === 1 ? view : undefined)
  }
  return (
    <li
      className={css.slot}
      data-over={over}
      data-view={view}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      {photo ? (
        <PhotoCard
          photo={photo}
          photos={photos}
          views={views}
          busy={busy}
          onDragStart={(event) => event.dataTransfer.setData(DRAGGED, photo.id)}
        />
      ) : (
        <EmptySlot view={view} onFiles={(files) => photos.add(files, files.length === 1 ? view : undefined)} />
      )}
    </li>
  )
}

function EmptySlot({ view, onFiles }: { view: View; onFiles: (files: File[]) => void }) {
  const name = word('view', view)
  return (
    <>
      <label className={css.vacant}>
        <FileInput label={t('slot.choose', { view: name })} multiple onFiles={onFiles} />
        <Ghost view={view} className={css.ghost} />
        <strong>{name}</strong>
        <small>{word('tip', view)}</small>
      </label>
      <CameraButton label={t('slot.camera', { view: name })} onFiles={onFiles} />
    </>
  )
}

/** Opens a phone's camera; style sheets hide it where there is none. */
export function CameraButton({ label, onFiles }: { label: string; onFiles: (files: File[]) => void }) {
  return (
    <label className={css.camera} title={label}>
      <FileInput label={label} capture onFiles={onFiles} />
      <Icon name="camera" size={20} />
    </label>
  )
}

interface FileInputProps {
  label: string
  multiple?: boolean
  capture?: boolean
  onFiles: (files: File[]) => void
}

export function FileInput({ label, multiple = false, capture = false, onFiles }: FileInputProps) {
  return (
    <input
      type="file"
      accept={capture ? 'image/*' : ACCEPT}
      multiple={multiple}
      {...(capture && { capture: 'environment' as const })}
      aria-label={label}
      className={css.file}
      onChange={({ target }) => {
        onFiles([...(target.files ?? [])])
        target.value = '' // so that the same file can be chosen again
      }}
    />
  )
}
