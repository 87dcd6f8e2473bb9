import type { CSSProperties, ReactNode } from 'react'

import { Icon } from './Icon'
import css from './ui.module.css'

export type Tone = 'plain' | 'busy' | 'good' | 'bad' | 'hold'

export function Card({ children, className, ...rest }: { children: ReactNode; className?: string | undefined; 'aria-label'?: string }) {
  return (
    <section className={[css.card, className].filter(Boolean).join(' ')} {...rest}>
      {children}
    </section>
  )
}

export function Hidden({ children }: { children: ReactNode }) {
  return <span className={css.hidden}>{children}</span>
}

export function Badge({ icon, tone, label }: { icon: string; tone: Tone; label: string }) {
  return (
    <span className={css.badge} data-tone={tone}>
      <Icon name={icon} size={14} className={icon === 'loader' ? css.spin : undefined} />
      {label}
    </span>
  )
}

/** `value` is percent. */
export function ProgressBar({ value, label, tone = 'plain' }: { value: number; label: string; tone?: Tone }) {
  const style = { '--share': value / 100 } as CSSProperties
  return (
    <div className={css.track} data-tone={tone} role="progressbar" aria-label={label} aria-valuenow={Math.round(value)}>
      <div className={css.bar} style={style} />
    </div>
  )
}

export function Skeleton({ height, width = '100%' }: { height: string; width?: string }) {
  return <div className={css.skeleton} style={{ height, width }} aria-hidden />
}

export function Empty({ icon, title, children }: { icon: string; title: string; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  )
}
