import { MaquetteError } from '@maquette/react'
import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react'

import { t } from '@/i18n/t'

import { Button } from './Button'
import { Icon } from './Icon'
import css from './ui.module.css'

interface Toast {
  id: number
  tone: 'good' | 'bad'
  title: string
  detail: string
}

interface Say {
  good: (title: string, detail?: string) => void
  bad: (title: string, detail?: string) => void
  /** Says what went wrong and what to do. */
  error: (error: Error) => void
}

const SHOWN_MS = 8_000
const ToastContext = createContext<Say | null>(null)

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([])
  const count = useRef(0)
  const drop = useCallback((id: number) => setToasts((now) => now.filter((toast) => toast.id !== id)), [])
  const say = useMemo<Say>(() => {
    const show = (tone: Toast['tone'], title: string, detail = '') => {
      const id = ++count.current
      setToasts((now) => [...now.slice(-2), { id, tone, title, detail }])
      setTimeout(() => drop(id), SHOWN_MS)
    }
    return {
      good: (title, detail) => show('good', title, detail),
      bad: (title, detail) => show('bad', title, detail),
      error: (error) => show('bad', messageOf(error), error instanceof MaquetteError ? error.hint : ''),
    }
  }, [drop])
  return (
    <ToastContext.Provider value={say}>
      {children}
      <div className={css.toasts} role="status" aria-live="polite">
        {toasts.map(({ id, tone, title, detail }) => (
          <div key={id} className={css.toast} data-tone={tone}>
            <Icon name={tone === 'bad' ? 'circle-alert' : 'circle-check'} />
            <div>
              {title}
              {detail && <small>{detail}</small>}
            </div>
            <Button label={t('close')} icon="x" variant="quiet" round onClick={() => drop(id)} />
          </div>
        ))}
      </div>
    </ToastContext.Provider>
  )
}

export function messageOf(error: Error): string {
  return error instanceof MaquetteError && error.status === 0 ? t('offline') : error.message
}

export function useToasts(): Say {
  const say = useContext(ToastContext)
  if (!say) throw new Error('useToasts needs a ToastProvider')
  return say
}
