import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'

import { t } from '@/i18n/t'

import css from './approval.module.css'
import type { Box } from './ruling'

interface Props {
  src: string
  label: string
  box: Box | null
  onChange: (box: Box) => void
}

const STEP = 0.02
/** The share of the picture that a box from the keyboard begins with. */
const BEGIN = 0.1

/** A photo on which a box is drawn around the object: with a pointer, or with the arrow keys (with Shift its size). */
export function BoxPicker({ src, label, box, onChange }: Props) {
  const image = useRef<HTMLImageElement>(null)
  const [from, setFrom] = useState<readonly [number, number] | null>(null)

  const place = (event: PointerEvent): readonly [number, number] => {
    const area = image.current?.getBoundingClientRect()
    if (!area || !image.current) return [0, 0]
    const { naturalWidth: width, naturalHeight: height } = image.current
    const share = (value: number, start: number, length: number) => Math.min(Math.max((value - start) / length, 0), 1)
    return [share(event.clientX, area.left, area.width) * width, share(event.clientY, area.top, area.height) * height]
  }
  const draw = (event: PointerEvent) => {
    if (!from) return
    const [x, y] = place(event)
    const next: Box = [Math.min(x, from[0]), Math.min(y, from[1]), Math.abs(x - from[0]), Math.abs(y - from[1])]
    if (next[2] > 2 && next[3] > 2) onChange(next)
  }
  const type = (event: KeyboardEvent) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    if (!move || !image.current) return
    event.preventDefault()
    const { naturalWidth: width, naturalHeight: height } = image.current
    onChange(moved(box, [move[0] ?? 0, move[1] ?? 0], event.shiftKey, width, height))
  }
  const size = image.current ? { width: image.current.naturalWidth, height: image.current.naturalHeight } : { width: 1, height: 1 }
  return (
    <div
      className={css.picker}
      role="application"
      aria-label={label}
      tabIndex={0}
      onKeyDown={type}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        setFrom(place(event))
      }}
      onPointerMove={draw}
      onPointerUp={() => setFrom(null)}
    >
      <span className={css.canvas}>
        <img ref={image} src={src} alt="" draggable={false} />
        {box && (
          <span
            className={css.box}
            style={{
              left: `${(100 * box[0]) / size.width}%`,
              top: `${(100 * box[1]) / size.height}%`,
              width: `${(100 * box[2]) / size.width}%`,
              height: `${(100 * box[3]) / size.height}%`,
            }}
          />
        )}
      </span>
      {!box && <small>{t('approval.draw')}</small>}
    </div>
  )
}

/** The box after an arrow key: moved, or with its lower right corner moved. */
export function moved(box: Box | null, [dx, dy]: readonly [number, number], resize: boolean, width: number, height: number): Box {
  if (!box) return [BEGIN * width, BEGIN * height, (1 - 2 * BEGIN) * width, (1 - 2 * BEGIN) * height]
  const [x, y, w, h] = box
  const [by, down] = [dx * STEP * width, dy * STEP * height]
  if (resize) return [x, y, limit(w + by, STEP * width, width - x), limit(h + down, STEP * height, height - y)]
  return [limit(x + by, 0, width - w), limit(y + down, 0, height - h), w, h]
}

const limit = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)
