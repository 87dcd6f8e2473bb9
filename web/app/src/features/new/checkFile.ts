import { formatBytes } from '@/i18n/format'
import { t } from '@/i18n/t'

import type { Trouble } from './photos'

const TYPES = /^image\/(jpeg|png|webp|avif|hei[cf])$/
const ENDINGS = /\.(jpe?g|png|webp|avif|hei[cf])$/i

/** What the `accept` of a file input names. */
export const ACCEPT = 'image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,.heic,.heif'

/** What can be said of a file without sending it. The server looks inside and has the last word. */
export function checkFile(file: File, maxBytes: number): Trouble | null {
  const known = file.type ? TYPES.test(file.type) : ENDINGS.test(file.name)
  if (!known) return { message: t('file.type'), hint: t('file.type.hint') }
  if (file.size === 0) return { message: t('file.empty'), hint: t('file.empty.hint') }
  if (file.size <= maxBytes) return null
  const hint = t('file.large.hint', { max: formatBytes(maxBytes) })
  return { message: t('file.large', { size: formatBytes(file.size) }), hint }
}
