import { useCallback, useEffect, useRef, useState } from 'react'

import type { Asset } from '@/api/types'
import { formatBytes, formatCount } from '@/i18n/format'
import { t, word } from '@/i18n/t'
import { Empty } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { useKeys } from '@/ui/useKeys'

import { createStage, type Stage } from './stage'
import css from './viewer.module.css'

export interface Level {
  name: string
  asset: Asset
}

type State = 'loading' | 'ready' | 'failed' | 'unsupported'

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches

/** Turns a model for a person to look at, in each of its levels of detail. */
export default function ModelViewer({ levels }: { levels: readonly Level[] }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const stage = useRef<Stage | null>(null)
  const [index, setIndex] = useState(0)
  const [wireframe, setWireframe] = useState(false)
  const [turning, setTurning] = useState(() => !still())
  const [state, setState] = useState<State>('loading')
  const level = levels[index] ?? levels[0]
  const url = level?.asset.url

  useEffect(() => {
    if (!canvas.current) return
    try {
      stage.current = createStage(canvas.current, () => setTurning(false))
    } catch {
      return setState('unsupported')
    }
    return () => stage.current?.dispose()
  }, [])
  useEffect(() => {
    if (!stage.current || !url) return
    const stop = new AbortController()
    setState('loading')
    const show = (next: State) => !stop.signal.aborted && setState(next)
    stage.current.load(url, stop.signal).then(() => show('ready'), () => show('failed'))
    return () => stop.abort()
  }, [url])
  useEffect(() => stage.current?.setWireframe(wireframe), [wireframe])
  useEffect(() => stage.current?.setTurning(turning), [turning])
  const save = useCallback(() => {
    const link = document.createElement('a')
    link.href = stage.current?.snapshot() ?? ''
    link.download = 'model.png'
    link.click()
  }, [])
  useKeys({
    '1': () => setIndex(0),
    '2': () => levels[1] && setIndex(1),
    '3': () => levels[2] && setIndex(2),
    w: () => setWireframe((on) => !on),
    r: () => setTurning((on) => !on),
  })

  if (state === 'unsupported') return <Empty icon="box" title={t('viewer.unsupported')} />
  return (
    <section className={css.viewer} data-state={state} aria-label={t('viewer.title')} aria-busy={state === 'loading'}>
      <canvas ref={canvas} className={css.canvas} role="img" aria-label={t('viewer.canvas')} />
      {state === 'failed' && <p className={css.note}>{t('viewer.failed')}</p>}
      {state === 'loading' && <p className={css.note}>{t('viewer.loading')}</p>}
      <div className={css.bar}>
        <Levels levels={levels} index={index} onChange={setIndex} />
        <div className={css.tools}>
          <Button label={t('viewer.turn')} icon="refresh" variant="quiet" round aria-pressed={turning} onClick={() => setTurning(!turning)} />
          <Button label={t('viewer.wireframe')} icon="box" variant="quiet" round aria-pressed={wireframe} onClick={() => setWireframe(!wireframe)} />
          <Button label={t('viewer.reset')} icon="rotate" variant="quiet" round onClick={() => stage.current?.resetCamera()} />
          <Button label={t('viewer.save')} icon="camera" variant="quiet" round onClick={save} />
        </div>
      </div>
    </section>
  )
}

function Levels({ levels, index, onChange }: { levels: readonly Level[]; index: number; onChange: (index: number) => void }) {
  return (
    <fieldset className={css.levels}>
      <legend>{t('viewer.levels')}</legend>
      {levels.map(({ name, asset }, position) => (
        <label key={name}>
          <input type="radio" name="level" checked={position === index} onChange={() => onChange(position)} />
          <strong>{word('level', name)}</strong>
          <Facts asset={asset} />
        </label>
      ))}
    </fieldset>
  )
}

function Facts({ asset: { stats, bytes } }: { asset: Asset }) {
  const triangles = stats['triangles']
  return (
    <small>
      {typeof triangles === 'number' && <span>{t('viewer.triangles', { count: formatCount(triangles) })}</span>}
      <span>{formatBytes(bytes)}</span>
    </small>
  )
}
