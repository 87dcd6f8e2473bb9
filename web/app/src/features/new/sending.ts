import { MaquetteError } from '@maquette/react'

import { uploadAsset } from '@/api/upload'
import { messageOf } from '@/ui/Toasts'

import type { Photo } from './photos'

const AT_ONCE = 2

type Change = (id: string, changes: Partial<Photo>) => void

/** Sends photos, a few at a time. Asked twice for one photo it sends it once, unless the first time failed. */
export class Sending {
  readonly #under = new Map<string, Promise<string | null>>()
  readonly #stops = new Map<string, AbortController>()
  readonly #waiting: (() => void)[] = []
  #free = AT_ONCE

  /** The asset's id, or null when the server refuses this photo; throws when it does not answer. */
  send(photo: Photo, change: Change): Promise<string | null> {
    if (photo.assetId) return Promise.resolve(photo.assetId)
    const known = this.#under.get(photo.id)
    if (known) return known
    const stop = new AbortController()
    const sent = this.#turn()
      .then(() => upload(photo, change, stop.signal))
      .finally(() => {
        this.#under.delete(photo.id)
        this.#stops.delete(photo.id)
        this.#free++
        this.#waiting.shift()?.()
      })
    this.#under.set(photo.id, sent)
    this.#stops.set(photo.id, stop)
    return sent
  }

  /** Stops what is on its way of photos that nobody wants any more. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const [id, stop] of this.#stops) if (!ids.has(id)) stop.abort()
  }

  async #turn(): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#free--
  }
}

async function upload(photo: Photo, change: Change, signal: AbortSignal): Promise<string | null> {
  signal.throwIfAborted()
  change(photo.id, { sent: 0, problem: null })
  try {
    const asset = await uploadAsset(photo.file, (share) => change(photo.id, { sent: share }), signal)
    change(photo.id, { sent: null, assetId: asset.id, notes: asset.quality?.notes ?? [] })
    return asset.id
  } catch (error) {
    const own = error instanceof MaquetteError && !error.retryable
    change(photo.id, { sent: null, problem: own ? { message: messageOf(error), hint: error.hint } : null })
    if (own) return null
    throw error
  }
}
