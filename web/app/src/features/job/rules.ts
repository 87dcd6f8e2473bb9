/** One line of a result's report. */
export interface Rule {
  /** The file that was measured, such as `lod0`; empty for the whole. */
  subject: string
  name: string
  measured: unknown
  limit: unknown
  passed: boolean
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The rules in a report, wherever its stages put them: objects that say what was measured and whether it passed. */
export function rulesOf(report: unknown, subject = ''): Rule[] {
  if (Array.isArray(report)) return report.flatMap((entry) => rulesOf(entry, subject))
  if (!isRecord(report)) return []
  const { rule, measured, limit, passed } = report
  if (typeof rule === 'string' && typeof passed === 'boolean') return [{ subject, name: rule, measured, limit, passed }]
  const own = typeof report['name'] === 'string' ? report['name'] : subject
  return Object.values(report).flatMap((entry) => rulesOf(entry, own))
}
