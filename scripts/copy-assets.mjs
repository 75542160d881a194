// What tsc leaves behind: the Lua calls go beside the compiled files, and the command becomes executable.
import { chmodSync, cpSync, readdirSync } from 'node:fs'

for (const path of readdirSync('src', { recursive: true })) {
  if (path.endsWith('.lua')) cpSync(`src/${path}`, `dist/${path}`)
}
chmodSync('dist/main.js', 0o755)
