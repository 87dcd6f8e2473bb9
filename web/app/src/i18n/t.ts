import { en } from './en'

export type Key = keyof typeof en

/** A text of the page. `{name}` in it is replaced by the value of that name. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return en[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** The text of a key that is made from a server's word, or that word made readable where the table lacks it. */
export function word(prefix: string, name: string): string {
  const key = `${prefix}.${name}`
  if (key in en) return en[key as Key]
  const plain = name.replace(/[_-]+/g, ' ')
  return plain.charAt(0).toUpperCase() + plain.slice(1)
}

export const has = (key: string): key is Key => key in en
