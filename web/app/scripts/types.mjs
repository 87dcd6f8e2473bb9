// Writes src/api/schema.d.ts from the API's description; with --check it only says whether the two agree.
import { readFileSync, writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'

const source = new URL('../../../openapi.json', import.meta.url)
const target = new URL('../src/api/schema.d.ts', import.meta.url)
const types = astToString(await openapiTS(JSON.parse(readFileSync(source, 'utf8')), { defaultNonNullable: false }))

if (!process.argv.includes('--check')) {
  writeFileSync(target, types)
} else if (readFileSync(target, 'utf8') !== types) {
  console.error('src/api/schema.d.ts does not match openapi.json: run `npm run types`.')
  process.exit(1)
}
