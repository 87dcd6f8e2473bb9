import { formatBytes, formatCount } from '@/i18n/format'
import { t, word } from '@/i18n/t'
import { Card } from '@/ui/bits'
import { Icon } from '@/ui/Icon'

import css from './job.module.css'
import { rulesOf, type Rule } from './rules'

/** What was measured on the finished files, rule by rule. */
export function Report({ report }: { report: Record<string, unknown> }) {
  const rules = rulesOf(report)
  if (rules.length === 0) return null
  const failed = rules.filter(({ passed }) => !passed).length
  return (
    <Card>
      <details className={css.report} open={failed > 0}>
        <summary>
          <h2>{t('report.title')}</h2>
          <span data-bad={failed > 0}>
            {failed ? t(failed === 1 ? 'report.failed.one' : 'report.failed', { count: failed }) : t('report.passed', { count: rules.length })}
          </span>
        </summary>
        <div className={css.scroll} tabIndex={0} role="region" aria-label={t('report.title')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('report.rule')}</th>
                <th scope="col">{t('report.measured')}</th>
                <th scope="col">{t('report.limit')}</th>
                <th scope="col">{t('report.verdict')}</th>
              </tr>
            </thead>
            <tbody>
              {rules.map((rule) => (
                <Row key={`${rule.subject}/${rule.name}`} rule={rule} />
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </Card>
  )
}

function Row({ rule }: { rule: Rule }) {
  return (
    <tr>
      <th scope="row">
        {rule.subject && <small>{word('download', rule.subject)}</small>} {word('rule', rule.name)}
      </th>
      <td>{show(rule.name, rule.measured)}</td>
      <td>{show(rule.name, rule.limit)}</td>
      <td>
        <span className={css.verdict} data-bad={!rule.passed}>
          <Icon name={rule.passed ? 'check' : 'x'} size={14} />
          {rule.passed ? t('report.pass') : t('report.fail')}
        </span>
      </td>
    </tr>
  )
}

function show(name: string, value: unknown): string {
  if (name === 'bytes' && typeof value === 'number') return formatBytes(value)
  if (typeof value === 'number') return Number.isInteger(value) ? formatCount(value) : value.toFixed(3)
  if (typeof value === 'boolean') return value ? t('yes') : t('no')
  if (value === null || value === undefined) return '–'
  return Array.isArray(value) ? value.map((one) => show(name, one)).join(', ') || t('none') : String(value)
}
