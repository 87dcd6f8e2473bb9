/** One line of a result's report. */
export interface Rule {
  /** The file that was measured, such as `lod0`; empty for the whole. */
  subject: string
  name: string
  measured: unknown
  limit: unknown
  passed: boolean
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The rules that the finished files were held against: `report.rules`, each named as `lod0.bytes`. */
export function rulesOf(result: Record<string, unknown>): Rule[] {
  const report = result['report']
  const rules = isRecord(report) ? report['rules'] : undefined
  return Array.isArray(rules) ? rules.flatMap((entry: unknown) => (isRecord(entry) ? [ruleOf(entry)] : [])) : []
}

function ruleOf({ rule, measured, limit, pass }: Record<string, unknown>): Rule {
  const full = String(rule)
  const dot = full.indexOf('.')
  return { subject: full.slice(0, Math.max(dot, 0)), name: full.slice(dot + 1), measured, limit, passed: pass === true }
}
