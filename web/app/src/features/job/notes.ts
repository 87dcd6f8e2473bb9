import type { Note } from '@/api/types'
import { t, word } from '@/i18n/t'

interface Judged {
  role: string
  flags: readonly string[]
  /** Results of earlier versions have none. */
  notes?: readonly Note[]
}

const told = ({ flags, notes }: Judged): string[] =>
  notes ? notes.map(({ message, hint }) => `${message} ${hint}`.trim()) : flags.map((flag) => word('flag', flag))

/** What was found out about the photos before anything was made of them. */
interface PhotoChecks {
  photos: readonly { view: string | null; notes: readonly Note[] }[]
  sets: readonly Note[]
}

function remarks({ photos, sets }: PhotoChecks): string[] {
  const each = photos.flatMap(({ view, notes }, index) =>
    notes.map(({ message, hint }) => `${view ? word('view', view) : t('picture.number', { number: index + 1 })}: ${message} ${hint}`.trim()),
  )
  return [...each, ...sets.map(({ message, hint }) => `${message} ${hint}`.trim())]
}

/** What a report says of the model and of the photos that a person should know, each sentence once. */
export function notesOf(report: Record<string, unknown>): string[] {
  const judged = (report['quality'] ?? []) as readonly Judged[]
  const checks = report['photo_checks'] as PhotoChecks | undefined
  const model = judged.filter(({ role }) => role === 'model').flatMap(told)
  return [...new Set([...model, ...(checks ? remarks(checks) : [])])]
}
