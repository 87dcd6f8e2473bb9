import { useState, type DragEvent } from 'react'

import type { View } from '@/api/types'
import { formatBytes } from '@/i18n/format'
import { t, word } from '@/i18n/t'
import { ProgressBar } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'

import css from './new.module.css'
import type { Photo } from './photos'
import type { Photos } from './usePhotos'

interface Props {
  photo: Photo
  photos: Photos
  /** The sides that it may be moved to; none in a plain list. */
  views: readonly View[]
  busy: boolean
  onDragStart?: (event: DragEvent) => void
}

export function PhotoCard({ photo, photos, views, busy, onDragStart }: Props) {
  const { id, file, view, problem, sent, notes } = photo
  return (
    <div className={css.photo} data-bad={problem !== null} draggable={!busy && !!onDragStart} onDragStart={onDragStart}>
      <Preview photo={photo} />
      <div className={css.photoTop}>
        {view !== null && (
          <select
            className={css.viewSelect}
            value={view}
            disabled={busy}
            aria-label={t('slot.side', { name: file.name })}
            onChange={({ target }) => photos.move(id, target.value as View)}
          >
            {views.map((name) => (
              <option key={name} value={name}>
                {word('view', name)}
              </option>
            ))}
          </select>
        )}
        <Button label={t('slot.remove', { name: file.name })} icon="x" round disabled={busy} onClick={() => photos.remove(id)} />
      </div>
      <div className={css.photoFoot}>
        {problem ? (
          <p role="alert">
            <strong>{problem.message}</strong> {problem.hint}
          </p>
        ) : (
          <p title={file.name}>
            <span>{file.name}</span> {formatBytes(file.size)}
          </p>
        )}
        {!problem && notes.length > 0 && (
          <ul className={css.notes} aria-label={t('slot.notes', { name: file.name })}>
            {notes.map(({ code, severity, message, hint }) => (
              <li key={code + message} data-severity={severity} title={hint}>
                {message} <span>{hint}</span>
              </li>
            ))}
          </ul>
        )}
        {sent !== null && <ProgressBar value={sent * 100} label={t('slot.sending', { name: file.name })} />}
      </div>
    </div>
  )
}

/** Browsers cannot show every picture that the server can read, HEIC for one. */
function Preview({ photo }: { photo: Photo }) {
  const [shown, setShown] = useState(true)
  if (shown) return <img src={photo.preview} alt={photo.file.name} draggable={false} onError={() => setShown(false)} />
  return (
    <div className={css.noPreview}>
      <Icon name="image" size={32} />
    </div>
  )
}
