import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { api } from '@/api/client'
import { meQuery } from '@/api/queries'
import { t } from '@/i18n/t'
import { Button } from '@/ui/Button'

/** Ends the sign-in; there is nothing to end where nobody had to sign in. */
export function SignOut() {
  const queries = useQueryClient()
  const { data: me } = useQuery(meQuery)
  const signOut = useMutation({
    mutationFn: () => api.DELETE('/api/v1/sign-in'),
    // whatever was read belongs to whoever was signed in
    onSettled: () => queries.resetQueries(),
  })
  if (me?.how !== 'sign_in') return null
  return <Button label={t('access.leave')} icon="log-out" variant="quiet" round onClick={() => signOut.mutate()} />
}
