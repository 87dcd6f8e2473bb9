import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const START_MS = 120_000

export interface Server {
  url: string
  stop(): Promise<void>
}

/**
 * Starts a real server on a free port with an empty data folder, through the command line.
 * `MAQUETTE_SERVE` names another command (the program and its arguments, separated by spaces).
 */
export async function startServer(): Promise<Server> {
  const data = mkdtempSync(join(tmpdir(), 'maquette-browser-'))
  const [program = '', ...parameters] = (process.env['MAQUETTE_SERVE'] ?? '.venv/bin/maquette serve --port 0 --json').split(' ')
  const child = spawn(program, parameters, {
    cwd: ROOT,
    env: { ...process.env, MAQUETTE_DATA: data },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = async () => {
    await ended(child)
    rmSync(data, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    return { url: await address(child), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The first address that the server prints, on either stream. */
function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (why: string) => reject(new Error(`${why} It said:\n${said}`))
    const timer = setTimeout(() => fail('The server did not print its address.'), START_MS)
    const listen = (chunk: Buffer) => {
      said += chunk.toString()
      const found = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(said)
      if (!found) return
      clearTimeout(timer)
      resolve(found[0])
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.on('error', (error) => fail(`The server cannot be started: ${error.message}.`))
    child.on('exit', (code) => fail(`The server ended with ${code}.`))
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.pid === undefined) return resolve()
    const hard = setTimeout(() => child.kill('SIGKILL'), 20_000)
    child.on('exit', () => {
      clearTimeout(hard)
      resolve()
    })
    child.kill('SIGINT')
  })
}
