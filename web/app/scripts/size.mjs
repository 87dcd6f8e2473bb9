// Fails when what the first screen loads grows beyond its budget.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_KB = 130
const root = new URL('../../../src/maquette/webui/', import.meta.url)
const page = readFileSync(new URL('index.html', root), 'utf8')
const size = (path) => gzipSync(readFileSync(new URL(path, root)), { level: 9 }).length / 1000

const first = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1])
if (first.length === 0) throw new Error('index.html loads nothing')
const total = first.reduce((sum, path) => sum + size(path), 0)
const later = readdirSync(new URL('assets/', root)).filter((name) => !first.includes(`assets/${name}`))

console.log(`first load: ${total.toFixed(1)} kB gzip of ${BUDGET_KB} (${first.length} files)`)
for (const name of later) console.log(`later: ${name} ${size(`assets/${name}`).toFixed(1)} kB gzip`)
if (total > BUDGET_KB) {
  console.error(`The first load is over its budget of ${BUDGET_KB} kB.`)
  process.exit(1)
}
