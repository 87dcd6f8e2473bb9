import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'

import { recentJobsQuery } from '@/api/queries'
import { hasEnded } from '@/api/types'
import { SignOut } from '@/features/access/SignOut'
import { t } from '@/i18n/t'
import { Button } from '@/ui/Button'
import { Hidden } from '@/ui/bits'
import { useKeys } from '@/ui/useKeys'

import { ActiveJob } from './ActiveJob'
import css from './shell.module.css'
import { Shortcuts } from './Shortcuts'
import { applyTheme, nextTheme, storedTheme } from './theme'

const THEME_ICONS = { system: 'sun-moon', light: 'sun', dark: 'moon' } as const

/** The frame around every screen: where one is, what runs, and how it looks. */
export function Shell({ children }: { children: ReactNode }) {
  const [path, navigate] = useLocation()
  const [theme, setTheme] = useState(storedTheme)
  const [help, setHelp] = useState(false)
  const turn = () => {
    applyTheme(nextTheme(theme))
    setTheme(nextTheme(theme))
  }
  useKeys({ '?': () => setHelp(true), n: () => navigate('/'), j: () => navigate('/jobs'), t: turn })
  return (
    <>
      <a href="#main" className={css.skip}>
        {t('skip')}
      </a>
      <header className={css.header}>
        <div className={css.inner}>
          <Link href="/" className={css.brand} aria-label={t('brand')}>
            <img src="/favicon.svg" alt="" width="28" height="28" />
            <span>Maquette</span>
          </Link>
          <nav className={css.nav} aria-label={t('nav.label')}>
            <NavLink href="/" label={t('nav.new')} current={path === '/'} />
            <NavLink href="/jobs" label={t('nav.jobs')} current={path === '/jobs'}>
              <RunningCount />
            </NavLink>
          </nav>
          <ActiveJob />
          <div className={css.tools}>
            <span className={css.keys}>
              <Button label={t('keys.title')} icon="keyboard" variant="quiet" round onClick={() => setHelp(true)} />
            </span>
            <Button label={t(`theme.${theme}`)} icon={THEME_ICONS[theme]} variant="quiet" round onClick={turn} />
            <SignOut />
          </div>
        </div>
      </header>
      <main id="main" className={css.main} tabIndex={-1}>
        {children}
      </main>
      {help && <Shortcuts onClose={() => setHelp(false)} />}
    </>
  )
}

function NavLink({ href, label, current, children }: { href: string; label: string; current: boolean; children?: ReactNode }) {
  return (
    <Link href={href} aria-current={current ? 'page' : undefined}>
      {label}
      {children}
    </Link>
  )
}

function RunningCount() {
  const { data } = useQuery(recentJobsQuery)
  const count = data?.items.filter(({ status }) => !hasEnded(status)).length ?? 0
  if (count === 0) return null
  return (
    <span className={css.count}>
      {count}
      <Hidden> {t('nav.running')}</Hidden>
    </span>
  )
}
