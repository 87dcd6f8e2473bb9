import { MaquetteError } from '@maquette/react'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'

import { limitsQuery, pipelinesQuery } from '@/api/queries'
import type { Pipeline } from '@/api/types'
import { t, word } from '@/i18n/t'
import { Card, Empty, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'
import { messageOf } from '@/ui/Toasts'
import { useTitle } from '@/ui/useTitle'

import css from './new.module.css'
import { PhotoList } from './PhotoList'
import { type Room, slotsOf } from './photos'
import { Settings } from './Settings'
import { Slot } from './Slot'
import { useDropAndPaste } from './useDropAndPaste'
import { useMake } from './useMake'
import { usePhotos } from './usePhotos'
import { lacksWords, settingsOf, type Values } from './values'

/** Until the server has said its own. */
const MAX_BYTES = 50_000_000

export function NewPage() {
  useTitle(t('nav.new'))
  const { data: pipelines, error, refetch } = useQuery(pipelinesQuery)
  const recipes = useMemo(() => pipelines?.filter(({ offered, max_photos }) => offered && max_photos > 0), [pipelines])
  if (error && !recipes)
    return (
      <Empty icon="wifi-off" title={messageOf(error)}>
        <Button label={t('again')} icon="refresh" onClick={() => void refetch()} />
      </Empty>
    )
  if (!recipes) return <Loading />
  if (!recipes[0]) return <Empty icon="alert" title={t('new.none')} />
  return <Maker recipes={recipes} first={recipes[0]} />
}

function Maker({ recipes, first }: { recipes: readonly Pipeline[]; first: Pipeline }) {
  const [chosen, setChosen] = useState(first.name)
  const [settings, setSettings] = useState<Values>({})
  const { data: limits } = useQuery(limitsQuery)
  const recipe = recipes.find(({ name }) => name === chosen) ?? first
  const room = useMemo<Room>(() => ({ views: slotsOf(recipe.views), max: recipe.max_photos }), [recipe])
  const photos = usePhotos(room, limits?.photo_bytes ?? MAX_BYTES)
  const make = useMake(photos)
  const busy = make.isPending
  const over = useDropAndPaste((files) => !busy && photos.add(files))
  const bad = photos.all.filter(({ problem }) => problem).length
  return (
    <>
      <div className={css.head}>
        <h1>{word('recipe.title', recipe.name)}</h1>
        <p>{word('recipe.about', recipe.name)}</p>
      </div>
      {recipes.length > 1 && <RecipeSwitch recipes={recipes} value={recipe.name} disabled={busy} onChange={setChosen} />}
      <div className={css.layout}>
        {room.views.length > 0 ? (
          <ul className={css.slots} aria-label={t('new.photos')}>
            {room.views.map((view) => {
              const photo = photos.all.find((one) => one.view === view) ?? null
              return <Slot key={view} view={view} views={room.views} photo={photo} photos={photos} busy={busy} />
            })}
          </ul>
        ) : (
          <PhotoList photos={photos} max={recipe.max_photos} busy={busy} />
        )}
        <Card className={css.panel} aria-label={t('new.settings')}>
          <Settings
            pipeline={recipe}
            values={settings}
            onChange={(name, value) => setSettings((now) => ({ ...now, [name]: value }))}
          />
          <div className={css.go}>
            {make.error && <Refusal error={make.error} />}
            <p aria-live="polite">{summary(photos.all.length, bad, recipe)}</p>
            <Button
              label={busy ? t('new.sending') : word('recipe.make', recipe.name)}
              icon={iconOf(recipe)}
              variant="primary"
              disabled={busy || photos.all.length < recipe.min_photos || bad > 0 || lacksWords(recipe, settings)}
              onClick={() => make.mutate({ pipeline: recipe.name, settings: settingsOf(recipe, settings) })}
            />
          </div>
        </Card>
      </div>
      {over && (
        <div className={css.veil} aria-hidden>
          <Icon name="image-plus" size={48} />
          {t('new.drop')}
        </div>
      )}
    </>
  )
}

/** Why the job was not started; it stays until the next try. */
function Refusal({ error }: { error: Error }) {
  return (
    <div role="alert" className={css.refusal}>
      <strong>{messageOf(error)}</strong>
      {error instanceof MaquetteError && <p>{error.hint}</p>}
    </div>
  )
}

function summary(count: number, bad: number, recipe: Pipeline): string {
  if (bad) return t(bad === 1 ? 'new.bad.one' : 'new.bad', { count: bad })
  if (count === 0) return t(recipe.min_photos ? 'new.empty' : 'new.optional')
  if (recipe.views.length === 0) return t(count === 1 ? 'new.count.one' : 'new.count', { count })
  return t('new.sides', { count, max: slotsOf(recipe.views).length })
}

const ICONS = { model: 'box', image: 'image', cutouts: 'scissors' } as const

const iconOf = ({ result }: Pipeline) => ICONS[result as keyof typeof ICONS] ?? 'scissors'

interface SwitchProps {
  recipes: readonly Pipeline[]
  value: string
  disabled: boolean
  onChange: (name: string) => void
}

function RecipeSwitch({ recipes, value, disabled, onChange }: SwitchProps) {
  return (
    <fieldset className={css.recipes} disabled={disabled}>
      <legend className={css.file}>{t('new.recipe')}</legend>
      {recipes.map((recipe) => (
        <label key={recipe.name}>
          <input type="radio" name="recipe" className={css.file} checked={recipe.name === value} onChange={() => onChange(recipe.name)} />
          <Icon name={iconOf(recipe)} />
          {recipe.title}
        </label>
      ))}
    </fieldset>
  )
}

function Loading() {
  return (
    <div className={css.layout} aria-busy>
      <div className={css.slots}>
        {[0, 1, 2, 3].map((index) => (
          <Skeleton key={index} height="14rem" />
        ))}
      </div>
      <Skeleton height="22rem" />
    </div>
  )
}
