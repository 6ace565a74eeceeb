#!/usr/bin/env node
import { run } from './program.ts'

const code = await run(process.argv.slice(2))
process.exitCode = code
// What a stage left open must not keep the command alive: its verdict is out, its servers are stopped. Nor must
// Node.js itself, which waits for ever for a handle that it has failed to close.
setTimeout(() => process.exit(code), 3_000).unref()
process.once('beforeExit', () => process.exit(code))
