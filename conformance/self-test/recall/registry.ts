import type { HistoricalBug } from './recall.ts'
import { uvicornBugs } from './uvicorn.ts'

/** Every historical bug that the suite is measured with. */
export const HISTORICAL_BUGS: readonly HistoricalBug[] = [...uvicornBugs]
