import { MaquetteError } from '@maquette/react'

import { refusal } from './client'
import type { Asset } from './types'

/**
 * Uploads one file as it is. `onProgress` gets the sent share, 0 to 1: XMLHttpRequest tells it, fetch cannot.
 * Throws a `MaquetteError`, or an `AbortError` when `signal` aborts.
 */
export function uploadAsset(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Asset> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', `/api/v1/assets?${new URLSearchParams({ name: file.name })}`)
    request.responseType = 'json'
    if (file.type) request.setRequestHeader('Content-Type', file.type)
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0)
    request.onload = () => {
      const body: unknown = request.response
      if (request.status >= 200 && request.status < 300) resolve(body as Asset)
      else reject(refusal(request.status, body))
    }
    request.onerror = () => reject(new MaquetteError({ status: 0, code: 'server_unreachable' }))
    request.onabort = () => reject(new DOMException('The upload was stopped', 'AbortError'))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}
