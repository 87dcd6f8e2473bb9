import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { api, take } from '@/api/client'
import { approvalQuery, jobQuery } from '@/api/queries'
import type { Job, Review, Reviewed, View } from '@/api/types'
import { t, word } from '@/i18n/t'
import { Card, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'
import { useToasts } from '@/ui/Toasts'
import ui from '@/ui/ui.module.css'

import css from './approval.module.css'
import { BoxPicker } from './BoxPicker'
import { isReady, rulingsOf, SIDES, START, type Action, type Draft } from './ruling'

/** The cut-outs of a job that waits for approval, and what becomes of each. One word settles all of them. */
export function Approval({ job }: { job: Job }) {
  const { data: review } = useQuery(approvalQuery(job.id, job.seq))
  if (!review) return <Skeleton height="22rem" />
  return <Table key={review.seq} review={review} />
}

function Table({ review }: { review: Review }) {
  const [drafts, setDrafts] = useState<Readonly<Record<string, Draft>>>({})
  const decide = useDecide(review)
  const draftOf = (photo: Reviewed): Draft => drafts[photo.asset_id] ?? START(photo)
  const change = (photo: Reviewed, changes: Partial<Draft>) =>
    setDrafts((now) => ({ ...now, [photo.asset_id]: { ...(now[photo.asset_id] ?? START(photo)), ...changes } }))
  const all = review.photos.map((photo) => ({ photo, draft: draftOf(photo) }))
  const again = all.some(({ draft }) => draft.action === 'redo')
  const none = all.every(({ draft }) => draft.action === 'reject')
  return (
    <Card aria-label={t('approval.title')}>
      <div className={css.head}>
        <h2>{t('approval.title')}</h2>
        <p>{t('approval.about')}</p>
      </div>
      <ul className={css.photos}>
        {all.map(({ photo, draft }) => (
          <Photo key={photo.asset_id} photo={photo} draft={draft} onChange={(changes) => change(photo, changes)} />
        ))}
      </ul>
      <LeftOut review={review} />
      <div className={css.foot}>
        <p aria-live="polite">{none ? t('approval.none') : again ? t('approval.again') : t('approval.on')}</p>
        <Button
          label={again ? t('approval.redo') : t('approval.go')}
          icon={again ? 'scissors' : 'check'}
          variant="primary"
          disabled={decide.isPending || none || !all.every(({ photo, draft }) => isReady(photo, draft))}
          onClick={() => decide.mutate(rulingsOf(all))}
        />
      </div>
    </Card>
  )
}

interface PhotoProps {
  photo: Reviewed
  draft: Draft
  onChange: (changes: Partial<Draft>) => void
}

function Photo({ photo, draft, onChange }: PhotoProps) {
  const name = photo.view === null ? photo.name : word('view', photo.view)
  return (
    <li data-action={draft.action} data-state={photo.state}>
      {draft.action === 'redo' ? (
        <BoxPicker src={photo.photo_url} label={t('approval.box', { name })} box={draft.box} onChange={(box) => onChange({ box })} />
      ) : (
        <div className={`${css.frame} ${ui.checker}`}>
          {photo.cutout_url ? <img src={photo.cutout_url} alt={t('picture.cutout', { name })} /> : <Icon name="circle-alert" size={28} />}
        </div>
      )}
      <div className={css.facts}>
        <label>
          <span className={css.small}>{t('approval.side')}</span>
          <select value={draft.view} onChange={({ target }) => onChange({ view: target.value as View })}>
            {SIDES.map((side) => (
              <option key={side} value={side}>
                {word('view', side)}
              </option>
            ))}
          </select>
        </label>
        <span className={css.score} data-doubt={photo.flags.length > 0 || photo.score === null}>
          {photo.score === null ? t('approval.failed') : t('picture.score', { score: Math.round(photo.score * 100) })}
        </span>
      </div>
      <Remarks photo={photo} />
      <fieldset className={css.choice}>
        <legend className={css.small}>{t('approval.what', { name })}</legend>
        {ACTIONS.map((action) => (
          <label key={action} data-off={action === 'approve' && !photo.cutout_url}>
            <input
              type="radio"
              name={`do-${photo.asset_id}`}
              checked={draft.action === action}
              disabled={action === 'approve' && !photo.cutout_url}
              onChange={() => onChange({ action })}
            />
            <span>{t(`approval.${action}`)}</span>
          </label>
        ))}
      </fieldset>
      {draft.action === 'reject' && (
        <label className={css.reason}>
          {t('approval.reason')}
          <input type="text" maxLength={500} value={draft.reason} onChange={({ target }) => onChange({ reason: target.value })} />
        </label>
      )}
    </li>
  )
}

const ACTIONS: readonly Action[] = ['approve', 'redo', 'reject']

function Remarks({ photo }: { photo: Reviewed }) {
  const told = [...(photo.guessed ? [t('approval.guessed')] : []), ...photo.notes.map(({ message, hint }) => `${message} ${hint}`.trim())]
  if (photo.error) told.push(`${photo.error.message}. ${photo.error.hint}`)
  return (
    <ul className={css.remarks}>
      {told.map((remark) => (
        <li key={remark}>{remark}</li>
      ))}
    </ul>
  )
}

/** Why the other photos are not used. */
function LeftOut({ review }: { review: Review }) {
  const rest = review.selection.left_out
  if (rest.length === 0) return null
  return (
    <details className={css.rest}>
      <summary>{t(rest.length === 1 ? 'approval.left.one' : 'approval.left', { count: rest.length })}</summary>
      <ul>
        {rest.map(({ asset_id, name, sentence }) => (
          <li key={asset_id}>
            <strong>{name}</strong> {sentence}
          </li>
        ))}
      </ul>
    </details>
  )
}

function useDecide(review: Review) {
  const queries = useQueryClient()
  const toasts = useToasts()
  const id = review.job_id
  return useMutation({
    mutationFn: (photos: ReturnType<typeof rulingsOf>): Promise<Job> =>
      take(api.POST('/api/v1/jobs/{job_id}/approve', { params: { path: { job_id: id } }, body: { photos, seq: review.seq } })),
    onSuccess: (job) => queries.setQueryData(jobQuery(id).queryKey, job),
    onError: (error) => toasts.error(error),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: jobQuery(id).queryKey })
      void queries.invalidateQueries({ queryKey: ['approval', id] })
      void queries.invalidateQueries({ queryKey: ['jobs'] })
    },
  })
}
