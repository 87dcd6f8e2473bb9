import type { ButtonHTMLAttributes } from 'react'

import { Link } from 'wouter'

import { Icon } from './Icon'
import css from './ui.module.css'

interface Look {
  icon?: string
  variant?: 'plain' | 'primary' | 'quiet' | 'danger'
  /** Shows the icon only; the label is for screen readers and the tooltip. */
  round?: boolean
  label: string
}

const classOf = ({ variant = 'plain', round }: Look) =>
  [css.button, variant !== 'plain' && css[variant], round && css.round].filter(Boolean).join(' ')

export function Button({ icon, variant, round, label, ...rest }: Look & ButtonHTMLAttributes<HTMLButtonElement>) {
  const look = { label, ...(variant && { variant }), ...(round && { round }) }
  return (
    <button type="button" {...rest} className={classOf(look)} {...(round && { 'aria-label': label, title: label })}>
      {icon && <Icon name={icon} />}
      {!round && label}
    </button>
  )
}

/** A link that looks like a button: within the page, or to a file when it has `download`. */
export function ButtonLink({ icon, variant, label, href, download = false }: Look & { href: string; download?: boolean }) {
  const className = classOf({ label, ...(variant && { variant }) })
  const content = (
    <>
      {icon && <Icon name={icon} />}
      {label}
    </>
  )
  if (!download) return <Link href={href} className={className}>{content}</Link>
  return (
    <a href={href} download className={className}>
      {content}
    </a>
  )
}
