import type { Property } from '../property.ts'
import { applicationsAwaited } from './applications-awaited.ts'
import { arrivingRequests } from './arriving-requests.ts'
import { cancelledApplication } from './cancelled-application.ts'
import { certificateRenewal } from './certificate-renewal.ts'
import { ending } from './ending.ts'
import { exitCodes } from './exit-codes.ts'
import { fleetDrain } from './fleet-drain.ts'
import { fleetRenewal } from './fleet-renewal.ts'
import { fleetSignals } from './fleet-signals.ts'
import { http2Farewell } from './http2-farewell.ts'
import { interruptedGroup } from './interrupted-group.ts'
import { pendingHandshake } from './pending-handshake.ts'
import { robustness } from './robustness.ts'
import { secondSignalLifespan } from './second-signal-lifespan.ts'
import { sentFiles } from './sent-files.ts'
import { shutdown } from './shutdown.ts'
import { start } from './start.ts'
import { unusableTls } from './unusable-tls.ts'
import { websocketFarewell } from './websocket-farewell.ts'
import { workerLoss } from './workers.ts'

/** The server as a process among others. */
export const processes: readonly Property[] = [
  ...start,
  exitCodes,
  unusableTls,
  ...shutdown,
  applicationsAwaited,
  fleetDrain,
  arrivingRequests,
  interruptedGroup,
  ...ending,
  secondSignalLifespan,
  pendingHandshake,
  ...http2Farewell,
  ...websocketFarewell,
  ...workerLoss,
  ...fleetSignals,
  certificateRenewal,
  fleetRenewal,
  ...robustness,
  sentFiles,
  cancelledApplication,
]
