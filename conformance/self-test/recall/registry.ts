import { daphneBugs } from './daphne.ts'
import { granianBugs } from './granian.ts'
import { gunicornBugs } from './gunicorn.ts'
import { hypercornBugs } from './hypercorn.ts'
import type { HistoricalBug } from './recall.ts'
import { uvicornBugs } from './uvicorn.ts'

/** Every historical bug that the suite is measured with. */
export const HISTORICAL_BUGS: readonly HistoricalBug[] = [
  ...uvicornBugs,
  ...hypercornBugs,
  ...daphneBugs,
  ...granianBugs,
  ...gunicornBugs,
]
