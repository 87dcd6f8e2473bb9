import { useQuery } from '@tanstack/react-query'

import { enginesQuery } from '@/api/queries'
import type { ChoiceSetting, EngineSetting, Pipeline, SizeSetting } from '@/api/types'
import { has, t, word } from '@/i18n/t'

import css from './new.module.css'
import { AXES, UNIT, type Values } from './values'

interface Props {
  pipeline: Pipeline
  values: Values
  onChange: (name: string, value: string) => void
}

/** The recipe's settings as the server lists them: choices in sight, engines folded away. */
export function Settings({ pipeline, values, onChange }: Props) {
  const settings = Object.entries(pipeline.settings)
  const engines = settings.flatMap(([name, setting]) => (setting.type === 'engine' ? [[name, setting] as const] : []))
  return (
    <>
      {settings.map(
        ([name, setting]) =>
          setting.type === 'words' && (
            <label key={name} className={css.field}>
              {setting.title}
              {setting.required ? (
                <textarea rows={4} maxLength={setting.longest} required value={values[name] ?? ''} onChange={({ target }) => onChange(name, target.value)} />
              ) : (
                <input maxLength={setting.longest} placeholder={setting.default} value={values[name] ?? ''} onChange={({ target }) => onChange(name, target.value)} />
              )}
            </label>
          ),
      )}
      {settings.map(
        ([name, setting]) =>
          setting.type === 'choice' && (
            <Choice key={name} name={name} setting={setting} value={values[name] ?? setting.default} onChange={onChange} />
          ),
      )}
      {settings.map(
        ([name, setting]) =>
          setting.type === 'approval' && (
            <Choice key={name} name={name} setting={{ ...setting, values: [setting.default, 'manual', 'never'] }} value={values[name] ?? setting.default} onChange={onChange} />
          ),
      )}
      {settings.map(
        ([name, setting]) =>
          setting.type === 'dimensions' && <TrueSize key={name} name={name} setting={setting} values={values} onChange={onChange} />,
      )}
      {settings.map(
        ([name, setting]) =>
          (setting.type === 'ground' || setting.type === 'count') && (
            <label key={name} className={css.field}>
              {setting.title}
              <input
                {...(setting.type === 'count' ? { type: 'number', min: setting.low, max: setting.high } : { placeholder: setting.default })}
                value={values[name] ?? ''}
                onChange={({ target }) => onChange(name, target.value)}
              />
            </label>
          ),
      )}
      {engines.length > 0 && (
        <details className={css.advanced}>
          <summary>{t('new.advanced')}</summary>
          {engines.map(([name, setting]) => (
            <EngineSelect key={name} name={name} setting={setting} value={values[name] ?? ''} onChange={onChange} />
          ))}
        </details>
      )}
    </>
  )
}

interface FieldProps<Setting> {
  name: string
  setting: Setting
  value: string
  onChange: (name: string, value: string) => void
}

function Choice({ name, setting, value, onChange }: FieldProps<Pick<ChoiceSetting, 'title' | 'values'>>) {
  return (
    <fieldset className={css.choice}>
      <legend>{setting.title}</legend>
      {setting.values.map((option) => {
        const about = `${name}.${option}.about`
        return (
          <label key={option}>
            <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChange(name, option)} />
            <span>
              <strong>{word(name, option)}</strong>
              {has(about) && <small>{t(about)}</small>}
            </span>
          </label>
        )
      })}
    </fieldset>
  )
}

interface SizeProps {
  name: string
  setting: SizeSetting
  values: Values
  onChange: (name: string, value: string) => void
}

function TrueSize({ name, setting, values, onChange }: SizeProps) {
  const field = (part: string) => ({
    value: values[`${name}.${part}`] ?? (part === 'unit' ? UNIT : ''),
    onChange: ({ target }: { target: { value: string } }) => onChange(`${name}.${part}`, target.value),
  })
  return (
    <fieldset className={css.size}>
      <legend>{setting.title}</legend>
      {AXES.map((axis) => (
        <label key={axis}>
          {word('new', axis)}
          <input type="number" inputMode="decimal" min="0" step="any" {...field(axis)} />
        </label>
      ))}
      <label>
        {t('new.unit')}
        <select {...field('unit')}>
          {setting.units.map((unit) => (
            <option key={unit}>{unit}</option>
          ))}
        </select>
      </label>
      <small>{t('new.size.about')}</small>
    </fieldset>
  )
}

function EngineSelect({ name, setting, value, onChange }: FieldProps<EngineSetting>) {
  const { data: engines = [] } = useQuery(enginesQuery)
  return (
    <label className={css.field}>
      {setting.title}
      <select value={value} onChange={({ target }) => onChange(name, target.value)}>
        <option value="">{t('new.automatic')}</option>
        {engines
          .filter(({ capability }) => capability === setting.capability)
          .map((engine) => (
            <option key={engine.name} value={engine.name} disabled={!engine.ready}>
              {engine.ready ? engine.title : t('new.engine.missing', { title: engine.title, message: engine.message })}
            </option>
          ))}
      </select>
    </label>
  )
}
