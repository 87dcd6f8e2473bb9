import type { Pipeline } from '@/api/types'

export const AXES = ['width', 'height', 'depth'] as const
export const UNIT = 'cm'

/** What a form holds: the text of each field, by the setting's name; parts of a size as `dimensions.height`. */
export type Values = Readonly<Record<string, string>>

/** Whether a text that must be given is missing. */
export const lacksWords = (pipeline: Pipeline, values: Values): boolean =>
  Object.entries(pipeline.settings).some(([name, setting]) => setting.type === 'words' && setting.required && !values[name]?.trim())

/** The settings that a job is started with: what was filled in, as the server wants it. */
export function settingsOf(pipeline: Pipeline, values: Values): Record<string, unknown> {
  const filled = Object.entries(pipeline.settings).map(([name, { type }]) => {
    if (type === 'dimensions') return [name, sizeOf(name, values)]
    if (type === 'count') return [name, values[name] ? Number(values[name]) : undefined]
    return [name, values[name] || undefined]
  })
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined))
}

function sizeOf(name: string, values: Values): Record<string, unknown> | undefined {
  const given = AXES.flatMap((axis) => {
    const text = values[`${name}.${axis}`]
    return text ? [[axis, Number(text)] as const] : []
  })
  return given.length > 0 ? { ...Object.fromEntries(given), unit: values[`${name}.unit`] ?? UNIT } : undefined
}
