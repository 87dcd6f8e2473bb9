import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'

import { assetQuery } from '@/api/queries'
import type { Asset, Job, Task } from '@/api/types'
import { t, word } from '@/i18n/t'
import { Card, Skeleton } from '@/ui/bits'
import { Icon } from '@/ui/Icon'
import ui from '@/ui/ui.module.css'

import css from './job.module.css'

/** The photos that the job was made from. */
export function Sources({ job }: { job: Job }) {
  return (
    <Card>
      <h2>{t('job.sources')}</h2>
      <ul className={css.pictures} data-kind="sources">
        {job.inputs.map(({ asset_id, view }, index) => (
          <li key={asset_id}>
            <Picture src={`/api/v1/assets/${asset_id}/content`} alt={t('picture.source', { name: nameOf(view, index) })} />
            <span>{nameOf(view, index)}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

const nameOf = (view: string | null, index: number): string =>
  view === null ? t('picture.number', { number: index + 1 }) : word('view', view)

/** The cut-outs of a job that is not done, as they come to exist. */
export function Cutouts({ tasks, expected, running }: { tasks: readonly Task[]; expected: number; running: boolean }) {
  const made = [...new Set(tasks.flatMap(({ output_assets }) => output_assets))]
  const assets = useQueries({ queries: made.map((id) => assetQuery(id)) })
  const cutouts = assets.flatMap(({ data }) => (data?.role === 'cutout' ? [data] : []))
  if (cutouts.length > 0) return <CutoutGrid cutouts={cutouts} />
  if (!running) return null
  return (
    <Card>
      <h2>{t('job.coming')}</h2>
      <ul className={css.pictures}>
        {Array.from({ length: expected }, (_, index) => (
          <li key={index}>
            <Skeleton height="9rem" />
          </li>
        ))}
      </ul>
    </Card>
  )
}

export function CutoutGrid({ cutouts, large = false }: { cutouts: readonly Asset[]; large?: boolean }) {
  return (
    <Card>
      <h2>{t('job.cutouts')}</h2>
      <ul className={css.pictures} data-large={large}>
        {cutouts.map((asset, index) => {
          const name = nameOf(asset.view, index)
          return (
            <li key={asset.id} data-role="cutout">
              <Picture src={asset.url} alt={t('picture.cutout', { name })} checker />
              <span>
                {name}
                {asset.quality && <small title={asset.quality.notes.map(({ message, hint }) => `${message} ${hint}`.trim()).join(' ')}>{t('picture.score', { score: Math.round(asset.quality.score * 100) })}</small>}
              </span>
              <a href={asset.url} download={`${name.toLowerCase().replaceAll(' ', '-')}.png`} className={css.save} aria-label={t('picture.save', { name })} title={t('picture.save', { name })}>
                <Icon name="download" />
              </a>
            </li>
          )
        })}
      </ul>
    </Card>
  )
}

interface MadeProps {
  pictures: readonly Asset[]
  previews: readonly Asset[]
  simulated: boolean
}

/** What a job made or changed: each clean picture, and its marked preview. */
export function MadePictures({ pictures, previews, simulated }: MadeProps) {
  const shown = pictures.flatMap((picture) => [picture, ...previews.filter(({ derived_from }) => derived_from.includes(picture.id))])
  return (
    <Card>
      <h2>{t('job.pictures')}</h2>
      {simulated && <p role="note">{t('job.simulated')}</p>}
      <ul className={css.pictures} data-large>
        {shown.map((asset) => (
          <li key={asset.id} data-role={asset.role}>
            <Picture src={asset.url} alt={word('download', asset.role)} />
            <span>{word('download', asset.role)}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** Browsers cannot show every picture that the server can read. */
function Picture({ src, alt, checker = false }: { src: string; alt: string; checker?: boolean }) {
  const [shown, setShown] = useState(true)
  return (
    <div className={checker ? `${css.frame} ${ui.checker}` : css.frame}>
      {shown ? <img src={src} alt={alt} loading="lazy" onError={() => setShown(false)} /> : <Icon name="image" size={28} />}
    </div>
  )
}
