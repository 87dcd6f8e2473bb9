import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { meQuery } from '@/api/queries'
import { MaquetteError } from '@maquette/react'

import { SignIn } from './SignIn'

/** Asks for a key where the server asks for one; any other trouble is told by the screens behind. */
export function Gate({ children }: { children: ReactNode }) {
  const { error, isPending } = useQuery(meQuery)
  if (isPending) return null
  return error instanceof MaquetteError && error.status === 401 ? <SignIn /> : children
}
