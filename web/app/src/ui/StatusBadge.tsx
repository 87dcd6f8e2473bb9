import { useQuery } from '@tanstack/react-query'

import { statusesQuery } from '@/api/queries'
import type { Status } from '@/api/types'
import { word } from '@/i18n/t'

import { Badge, type Tone } from './bits'

const TONES: Readonly<Record<Status, Tone>> = {
  draft: 'plain',
  pending: 'plain',
  processing: 'busy',
  waiting: 'hold',
  completed: 'good',
  failed: 'bad',
  canceled: 'plain',
}

/** A job's status in the server's words and with its icon. */
export function StatusBadge({ status }: { status: Status }) {
  const { data: statuses } = useQuery(statusesQuery)
  const entry = statuses?.find((one) => one.status === status)
  return <Badge icon={entry?.icon ?? 'circle'} tone={TONES[status]} label={entry?.label ?? word('status', status)} />
}
