// Writes src/api/schema.d.ts from the API's description; with --check it only says whether the two agree.
import { readFileSync, writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'

const source = new URL('../../../openapi.json', import.meta.url)
const target = new URL('../src/api/schema.d.ts', import.meta.url)
// without its words, so that only a change of shape changes the types
const words = ['description', 'summary', 'title']
const shape = JSON.parse(readFileSync(source, 'utf8'), (key, value) =>
  words.includes(key) && typeof value === 'string' ? undefined : value,
)
shape.info.title = 'Maquette'
const types = astToString(await openapiTS(shape, { defaultNonNullable: false }))

if (!process.argv.includes('--check')) {
  writeFileSync(target, types)
} else if (readFileSync(target, 'utf8') !== types) {
  console.error('src/api/schema.d.ts does not match openapi.json: run `npm run types`.')
  process.exit(1)
}
