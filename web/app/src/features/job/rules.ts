export type Verdict = 'pass' | 'fixed' | 'warn' | 'fail'

/** One line of a result's report. */
export interface Rule {
  /** The file that was measured, such as `lod0`. */
  file: string
  name: string
  measured: unknown
  limit: unknown
  verdict: Verdict
}

/** A place that models go to, and whether it takes this one. */
export interface Profile {
  name: string
  title: string
  passed: boolean
  rules: Rule[]
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const records = (value: unknown) => (Array.isArray(value) ? value.filter(isRecord) : [])

/** What the finished files were held against: `report.profiles`, each with its rules. */
export function profilesOf(result: Record<string, unknown>): Profile[] {
  const report = result['report']
  return records(isRecord(report) ? report['profiles'] : undefined).map(({ profile, title, pass, rules }) => ({
    name: String(profile),
    title: String(title),
    passed: pass === true,
    rules: records(rules).map(ruleOf),
  }))
}

function ruleOf({ rule, file, measured, limit, status }: Record<string, unknown>): Rule {
  const verdict = status === 'pass' || status === 'fixed' || status === 'warn' ? status : 'fail'
  return { file: String(file), name: String(rule), measured, limit, verdict }
}
