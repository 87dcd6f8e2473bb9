import type { Note, View } from '@/api/types'

/** A photo that a person chose, before it is part of a job. */
export interface Photo {
  id: string
  file: File
  /** An object URL for the picture. */
  preview: string
  /** The side it shows, when the recipe wants sides named. */
  view: View | null
  problem: Trouble | null
  /** The share sent, 0 to 1; null while nothing is being sent. */
  sent: number | null
  assetId: string | null
  /** What the server says of it: what is wrong, and what to do about it. */
  notes: readonly Note[]
}

export interface Trouble {
  message: string
  hint: string
}

/** What a recipe takes: named sides, or just a number of photos. */
export interface Room {
  views: readonly View[]
  max: number
}

const SLOTS: readonly View[] = ['front', 'left', 'right', 'back']

/** The views of a recipe that the page has a place for. */
export function slotsOf(views: readonly View[]): View[] {
  return SLOTS.filter((view) => views.includes(view))
}

const WORDS: Readonly<Record<string, View>> = { rear: 'back', vorne: 'front', links: 'left', rechts: 'right', hinten: 'back' }

/** The side that a file's name tells of: `chair_left.jpg`, `IMG-front (2).png`; null when it tells none or several. */
export function viewInName(name: string, views: readonly View[]): View | null {
  const words = name.replace(/\.[^.]*$/, '').toLowerCase().split(/[^a-z]+/)
  const found = new Set(views.filter((view) => words.some((word) => word === view || WORDS[word] === view)))
  const [only] = found
  return found.size === 1 && only ? only : null
}

/** Adds photos where their names say, else in the first free places. `left` did not fit. */
export function place(photos: readonly Photo[], incoming: readonly Photo[], room: Room): { photos: Photo[]; left: Photo[] } {
  if (room.views.length === 0) {
    const all = [...photos, ...incoming].map((photo) => ({ ...photo, view: null }))
    return { photos: all.slice(0, room.max), left: all.slice(room.max) }
  }
  const free = room.views.filter((view) => !photos.some((photo) => photo.view === view))
  const seat = (view: View | null): View | null => {
    const index = view === null ? -1 : free.indexOf(view)
    return index < 0 ? null : (free.splice(index, 1)[0] ?? null)
  }
  const named = incoming.map((photo) => ({ ...photo, view: seat(viewInName(photo.file.name, room.views)) }))
  const seated = named.map((photo) => (photo.view ? photo : { ...photo, view: seat(free[0] ?? null) }))
  return { photos: [...photos, ...seated.filter(({ view }) => view)], left: seated.filter(({ view }) => !view) }
}

/** Puts a photo into a place; whoever was there takes the place that it leaves. */
export function move(photos: readonly Photo[], id: string, view: View): Photo[] {
  const from = photos.find((photo) => photo.id === id)?.view ?? null
  return photos.map((photo) => {
    if (photo.id === id) return { ...photo, view }
    return photo.view === view ? { ...photo, view: from } : photo
  })
}

/** Fits chosen photos into another recipe's room. */
export function rearrange(photos: readonly Photo[], room: Room): { photos: Photo[]; left: Photo[] } {
  const kept = photos.filter((photo) => photo.view && room.views.includes(photo.view))
  return place(kept, photos.filter((photo) => !kept.includes(photo)), room)
}
