import type { Stage } from '@/api/types'
import { formatDuration } from '@/i18n/format'
import { t } from '@/i18n/t'
import { Hidden } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'

import css from './rail.module.css'
import type { RailItem } from './rail'

interface Props {
  items: readonly RailItem[]
  busy: boolean
  onRestart: (stage: Stage) => void
}

/** The stages of a job in their order, each with how long it took and what it reused. */
export function StageRail({ items, busy, onRestart }: Props) {
  return (
    <ol className={css.rail} aria-label={t('job.stages')}>
      {items.map((item) => (
        <li key={item.stage} className={css.item} data-mark={item.mark} data-stage={item.stage} aria-current={isCurrent(item) ? 'step' : undefined}>
          <span className={css.dot}>
            <Icon name={item.mark === 'done' ? 'check' : item.mark === 'failed' ? 'x' : item.icon} size={16} />
          </span>
          <span className={css.label}>
            {item.label}
            <Hidden>: {t(`mark.${item.mark}`)}</Hidden>
            <Detail item={item} />
          </span>
          <span className={css.time}>{item.duration !== null && !item.reused && formatDuration(item.duration)}</span>
          {item.restartable && item.mark === 'done' && (
            <Button
              label={t('job.restart', { stage: item.label })}
              icon="rotate"
              variant="quiet"
              round
              disabled={busy}
              onClick={() => onRestart(item.stage)}
            />
          )}
        </li>
      ))}
    </ol>
  )
}

const isCurrent = ({ mark }: RailItem): boolean => mark !== 'done' && mark !== 'todo'

function Detail({ item }: { item: RailItem }) {
  if (item.reused)
    return (
      <small className={css.reused}>
        <Icon name="recycle" size={12} />
        {item.savedMs > 0 ? t('job.reused.saved', { time: formatDuration(item.savedMs) }) : t('job.reused')}
      </small>
    )
  if (item.mark === 'held' || item.mark === 'queued') return <small>{t(`mark.${item.mark}`)}</small>
  return item.engine ? <small>{item.engine}</small> : null
}
