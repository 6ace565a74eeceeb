/**
 * Open model: requests arrive at a constant rate, whatever the server does. Runs on k6 >= 0.57 as it
 * is, and on k6 0.52 with xk6-ts. Settings come by `-e NAME=value`; every sample leaves by `--out csv`.
 */
import http from 'k6/http'
import type { Options } from 'k6/options'

function setting(name: string): string {
  const value = __ENV[name]
  if (value === undefined) throw new Error(`set ${name} with -e ${name}=...`)
  return value
}

const url = setting('ASSAY_URL')
const method = setting('ASSAY_METHOD')
const users = Number(setting('ASSAY_USERS'))
const timeout = setting('ASSAY_TIMEOUT')
const body = 'x'.repeat(Number(setting('ASSAY_BODY_BYTES')))

export const options: Options = {
  discardResponseBodies: true,
  // Each tag is a column of every line that k6 writes: only what is read afterwards.
  systemTags: ['status', 'error_code'],
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate: Number(setting('ASSAY_RATE')),
      timeUnit: '1s',
      duration: setting('ASSAY_DURATION'),
      // All at once: k6 initialises a late user in the middle of the run, at the cost of the others.
      preAllocatedVUs: users,
      maxVUs: users,
      gracefulStop: timeout,
      exec: 'arrival',
    },
  },
}

export function arrival(): void {
  http.request(method, url, body === '' ? null : body, { timeout })
}

/** Without it k6 prints a summary; flags that silence it differ between its versions. */
export function handleSummary(): Record<string, string> {
  return {}
}
