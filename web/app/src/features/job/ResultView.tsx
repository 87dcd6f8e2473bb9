import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'

import { resultQuery } from '@/api/queries'
import type { Result } from '@/api/types'
import { formatBytes } from '@/i18n/format'
import { t, word } from '@/i18n/t'
import { Card, Empty, Skeleton } from '@/ui/bits'
import { ButtonLink } from '@/ui/Button'
import { messageOf } from '@/ui/Toasts'

import css from './job.module.css'
import { notesOf } from './notes'
import { CutoutGrid, MadePictures } from './Pictures'
import { Report } from './Report'

const ModelViewer = lazy(() => import('./viewer/ModelViewer'))

export function ResultView({ resultId }: { resultId: string }) {
  const { data: result, error } = useQuery(resultQuery(resultId))
  if (error) return <Empty icon="alert" title={messageOf(error)} />
  if (!result) return <Skeleton height="26rem" />
  const levels = Object.entries(result.assets).filter(([name]) => name.startsWith('lod')).sort()
  const cutouts = result.assets['cutout'] ?? []
  const made = result.assets['edit'] ?? []
  return (
    <>
      {levels.length > 0 && (
        <Suspense fallback={<Skeleton height="26rem" />}>
          <ModelViewer levels={levels.flatMap(([name, [asset]]) => (asset ? [{ name, asset }] : []))} />
        </Suspense>
      )}
      {made.length > 0 && <MadePictures pictures={made} previews={result.assets['preview'] ?? []} simulated={result.is_test} />}
      <Notes report={result.report} />
      <Downloads result={result} />
      {cutouts.length > 0 && <CutoutGrid cutouts={cutouts} large={levels.length === 0} />}
      <Report report={result.report} />
    </>
  )
}

const DOWNLOADS = ['edit', 'preview', 'lod0', 'usdz', 'lod1', 'lod2', 'poster', 'turntable', 'shop']

/** What the server says of the photos and of the model that a person should know. */
function Notes({ report }: { report: Record<string, unknown> }) {
  const texts = notesOf(report)
  if (texts.length === 0) return null
  return (
    <Card aria-label={t('job.notes')}>
      <h2>{t('job.notes')}</h2>
      <ul>
        {texts.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Card>
  )
}

function Downloads({ result }: { result: Result }) {
  const files = DOWNLOADS.flatMap((name) => (result.assets[name] ? [[name, result.assets[name]] as const] : []))
  const link = (name: string) => `/api/v1/results/${result.id}/download?as=${name}`
  return (
    <Card aria-label={t('job.downloads')}>
      <h2>{t('job.downloads')}</h2>
      <div className={css.downloads}>
        {files.map(([name, [asset]], index) => (
          <ButtonLink
            key={name}
            label={`${word('download', name)} · ${formatBytes(asset?.bytes ?? 0)}`}
            icon="download"
            variant={index === 0 ? 'primary' : 'plain'}
            href={link(name)}
            download
          />
        ))}
        <ButtonLink label={t('download.zip')} icon="layers" href={link('zip')} download variant={files.length ? 'plain' : 'primary'} />
      </div>
    </Card>
  )
}
