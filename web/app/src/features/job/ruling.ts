import type { Reviewed, Ruling, View } from '@/api/types'

export type Action = 'approve' | 'redo' | 'reject'
/** x, y, width, height in pixels of the photo. */
export type Box = readonly [number, number, number, number]

/** What a person is about to say of a photo. */
export interface Draft {
  action: Action
  view: View
  reason: string
  box: Box | null
}

export const SIDES: readonly View[] = ['front', 'left', 'right', 'back']

/** What could not be cut out is left out unless a person says otherwise. */
export const START = (photo: Reviewed): Draft => ({
  action: photo.cutout_url ? 'approve' : 'reject',
  view: photo.view ?? 'front',
  reason: '',
  box: null,
})

/** Whether there is all that the server needs to know. */
export const isReady = (photo: Reviewed, draft: Draft): boolean =>
  (draft.action !== 'redo' || draft.box !== null) && (draft.action !== 'approve' || photo.cutout_url !== null)

/** The drafts as the server takes them. */
export function rulingsOf(all: readonly { photo: Reviewed; draft: Draft }[]): Ruling[] {
  return all.map(({ photo, draft: { action, view, reason, box } }) => ({
    asset_id: photo.asset_id,
    verdict: action,
    ...(action === 'reject' ? { reason: reason.trim() } : {}),
    ...(action !== 'reject' && view !== photo.view ? { view } : {}),
    ...(action === 'redo' && box ? { box: [...box] as [number, number, number, number] } : {}),
  }))
}
