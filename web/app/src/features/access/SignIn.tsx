import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState, type FormEvent } from 'react'

import { api, take } from '@/api/client'
import { meQuery } from '@/api/queries'
import { t } from '@/i18n/t'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/bits'
import { useTitle } from '@/ui/useTitle'

import css from './access.module.css'

/** Exchanges a key for a cookie that no script can read; the key itself is not kept. */
export function SignIn() {
  const queries = useQueryClient()
  const [key, setKey] = useState('')
  const id = useId()
  useTitle(t('access.title'))
  const signIn = useMutation({
    mutationFn: () => take(api.POST('/api/v1/sign-in', { body: { key } })),
    onSuccess: (me) => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] })
      queries.setQueryData(meQuery.queryKey, me)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate()
  }
  return (
    <main id="main" className={css.page}>
      <Card className={css.card}>
        <h1>{t('access.title')}</h1>
        <p>{t('access.why')}</p>
        <form onSubmit={submit} className={css.form}>
          <label htmlFor={id}>{t('access.key')}</label>
          <input
            id={id}
            type="password"
            autoComplete="current-password"
            spellCheck={false}
            required
            autoFocus
            value={key}
            aria-describedby={signIn.error ? `${id}-error` : undefined}
            onChange={({ target }) => setKey(target.value)}
          />
          {signIn.error && (
            <p id={`${id}-error`} role="alert" className={css.error}>
              {signIn.error.message}. {'hint' in signIn.error && String(signIn.error.hint)}
            </p>
          )}
          <Button type="submit" variant="primary" label={t('access.enter')} disabled={signIn.isPending || !key.trim()} />
        </form>
      </Card>
    </main>
  )
}
