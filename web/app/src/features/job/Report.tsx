import { formatBytes, formatCount } from '@/i18n/format'
import { t, word } from '@/i18n/t'
import { Card } from '@/ui/bits'
import { Icon } from '@/ui/Icon'

import css from './job.module.css'
import { profilesOf, type Profile, type Rule } from './rules'

/** Who accepts the finished files, rule by rule. */
export function Report({ report }: { report: Record<string, unknown> }) {
  const profiles = profilesOf(report)
  if (profiles.length === 0) return null
  const accepted = profiles.filter(({ passed }) => passed).length
  return (
    <Card>
      <details className={css.report}>
        <summary>
          <h2>{t('report.title')}</h2>
          <span data-bad={accepted < profiles.length}>{t('report.accepted', { accepted, count: profiles.length })}</span>
        </summary>
        {profiles.map((profile) => (
          <Judged key={profile.name} profile={profile} />
        ))}
      </details>
    </Card>
  )
}

function Judged({ profile }: { profile: Profile }) {
  return (
    <details className={css.report} open={profile.name === 'store'}>
      <summary>
        <h3>{profile.title}</h3>
        <span data-bad={!profile.passed}>{profile.passed ? t('report.yes') : t('report.no')}</span>
      </summary>
      <div className={css.scroll} tabIndex={0} role="region" aria-label={profile.title}>
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
            {profile.rules.map((rule) => (
              <Row key={`${rule.file}/${rule.name}`} rule={rule} />
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

function Row({ rule }: { rule: Rule }) {
  const good = rule.verdict === 'pass' || rule.verdict === 'fixed'
  return (
    <tr>
      <th scope="row">
        <small>{word('download', rule.file)}</small> {word('rule', rule.name)}
      </th>
      <td>{show(rule.name, rule.measured)}</td>
      <td>{show(rule.name, rule.limit)}</td>
      <td>
        <span className={css.verdict} data-bad={!good}>
          <Icon name={good ? 'check' : 'x'} size={14} />
          {word('report', rule.verdict)}
        </span>
      </td>
    </tr>
  )
}

function show(name: string, value: unknown): string {
  if (name.startsWith('bytes') && typeof value === 'number') return formatBytes(value)
  if (typeof value === 'number') return Number.isInteger(value) ? formatCount(value) : value.toFixed(3)
  if (typeof value === 'boolean') return value ? t('yes') : t('no')
  if (value === null || value === undefined) return '–'
  return Array.isArray(value) ? value.map((one) => show(name, one)).join(', ') || t('none') : String(value)
}
