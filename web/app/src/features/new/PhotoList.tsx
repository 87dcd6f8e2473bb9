import { t } from '@/i18n/t'
import { Icon } from '@/ui/Icon'

import css from './new.module.css'
import { PhotoCard } from './PhotoCard'
import { CameraButton, FileInput } from './Slot'
import type { Photos } from './usePhotos'

/** Photos in a row, for recipes that do not ask which side each one shows. */
export function PhotoList({ photos, max, busy }: { photos: Photos; max: number; busy: boolean }) {
  return (
    <ul className={css.list} aria-label={t('new.photos')}>
      {photos.all.map((photo) => (
        <li key={photo.id} className={css.slot}>
          <PhotoCard photo={photo} photos={photos} views={[]} busy={busy} />
        </li>
      ))}
      {photos.all.length < max && (
        <li className={css.slot} data-wide={photos.all.length === 0}>
          <label className={css.vacant}>
            <FileInput label={t('list.choose')} multiple onFiles={photos.add} />
            <Icon name="image-plus" size={36} />
            <strong>{t('list.choose')}</strong>
            <small>{t('list.tip', { max })}</small>
          </label>
          <CameraButton label={t('list.camera')} onFiles={photos.add} />
        </li>
      )}
    </ul>
  )
}
