import { createContext, useContext, type ReactNode } from 'react'

import { createClient, type MaquetteClient } from './client.js'

const ClientContext = createContext<MaquetteClient>(createClient())

/** Gives the hooks below it a client. It needs a `QueryClientProvider` of TanStack Query around it. */
export function MaquetteProvider({ client, children }: { client: MaquetteClient; children: ReactNode }) {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
}

export function useMaquette(): MaquetteClient {
  return useContext(ClientContext)
}
