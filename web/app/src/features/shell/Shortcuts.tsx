import { t, type Key } from '@/i18n/t'
import { Dialog } from '@/ui/Dialog'

import css from './shell.module.css'

const KEYS: readonly [key: string, does: Key][] = [
  ['n', 'keys.new'],
  ['j', 'keys.jobs'],
  ['t', 'keys.theme'],
  ['1 2 3', 'keys.levels'],
  ['w', 'keys.wireframe'],
  ['r', 'keys.turn'],
  ['?', 'keys.help'],
]

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <dl className={css.shortcuts}>
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>{key.split(' ').map((one) => <kbd key={one}>{one}</kbd>)}</dt>
            <dd>{t(does)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
