import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const server = process.env['MAQUETTE_URL'] ?? 'http://127.0.0.1:8760'

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@maquette/react': at('../packages/react/src/index.ts'), '@': at('./src') } },
  build: {
    outDir: at('../../src/maquette/webui'),
    emptyOutDir: true,
    target: 'es2022',
    // newer than the default, so that light-dark() stays as it is written
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // a strict content security policy allows no data: scripts or fonts
    chunkSizeWarningLimit: 800, // three.js; scripts/size.mjs watches the first load
  },
  server: { proxy: { '/api': { target: server, changeOrigin: true }, '/files': server } },
  test: { environment: 'happy-dom', testTimeout: 60_000, include: ['test/**/*.test.{ts,tsx}'], css: false },
})
