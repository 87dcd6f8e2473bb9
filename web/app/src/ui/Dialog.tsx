import { useEffect, useRef, type ReactNode } from 'react'

import { t } from '@/i18n/t'

import { Button } from './Button'
import css from './ui.module.css'

/** A modal dialog: the browser keeps the focus inside and closes it on Escape. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} className={css.dialog} onClose={onClose} aria-label={title}>
      <div className={css.dialogHead}>
        <h2>{title}</h2>
        <Button label={t('close')} icon="x" variant="quiet" round onClick={() => dialog.current?.close()} />
      </div>
      {children}
    </dialog>
  )
}
