const KEY = 'maquette.sessions'
const KEPT = 50

type Entry = [jobId: string, token: string]

/** The session tokens of the jobs that this browser started, newest first. */
function entries(): Entry[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]') as Entry[]
  } catch {
    return [] // blocked or damaged storage: the jobs are all in the list anyway
  }
}

export const tokenOf = (jobId: string): string | null => entries().find(([id]) => id === jobId)?.[1] ?? null

export const latestJob = (): string | null => entries()[0]?.[0] ?? null

export function remember(jobId: string, token: string): void {
  const kept = entries().filter(([id]) => id !== jobId)
  try {
    localStorage.setItem(KEY, JSON.stringify([[jobId, token], ...kept].slice(0, KEPT)))
    dispatchEvent(new Event(KEY))
  } catch {
    // without storage the page only loses the chip in its header
  }
}

/** Calls back when a job was started, in this tab or another. Answers how to stop. */
export function onSession(callback: () => void): () => void {
  addEventListener(KEY, callback)
  addEventListener('storage', callback)
  return () => {
    removeEventListener(KEY, callback)
    removeEventListener('storage', callback)
  }
}
