// Runs the browser tests where there is a Chromium, and says aloud that it does not where there is none.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const chromium = find()
if (!chromium) {
  console.log('SKIPPED: the browser tests need Chromium (apt-get install chromium), or MAQUETTE_CHROMIUM with its path.')
  process.exit(0)
}
install()
const tests = ['node_modules/@playwright/test/cli.js', 'test', ...process.argv.slice(2)]
run(process.execPath, tests, { MAQUETTE_CHROMIUM: chromium })

function find() {
  const given = process.env.MAQUETTE_CHROMIUM
  if (given) return existsSync(given) ? given : fail(`MAQUETTE_CHROMIUM names ${given}, which does not exist.`)
  const folders = (process.env.PATH ?? '').split(delimiter)
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
}

/** Only when the lock has changed since, and never a browser: Playwright drives the one that is here. */
function install() {
  const stamp = join(here, 'node_modules', '.lock-installed')
  const lock = readFileSync(join(here, 'package-lock.json'), 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  run('npm', ['ci', '--silent'], { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' })
  writeFileSync(stamp, lock)
}

function run(command, parameters, environment) {
  const { status } = spawnSync(command, parameters, { cwd: here, stdio: 'inherit', env: { ...process.env, ...environment } })
  if (status !== 0) process.exit(status ?? 1)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
