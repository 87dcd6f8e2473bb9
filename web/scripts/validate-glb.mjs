// Runs the Khronos glTF validator over the files named; writes one JSON list of reports, in their order.
import { readFileSync } from 'node:fs'
import { validateBytes } from 'gltf-validator'

const reports = []
for (const path of process.argv.slice(2)) {
  reports.push(await validateBytes(new Uint8Array(readFileSync(path)), { uri: path, maxIssues: 200 }))
}
process.stdout.write(JSON.stringify(reports))
