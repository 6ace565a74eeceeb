import { config } from './config/registry.ts'
import { extensions } from './extension/registry.ts'
import { applicationErrors } from './http/application-errors.ts'
import { backloggedBody } from './http/backlogged-body.ts'
import { concurrentSends } from './http/concurrent-sends.ts'
import { contentOfAnyMethod } from './http/content-of-any-method.ts'
import { manyPieces } from './http/many-pieces.ts'
import { receiveBody } from './http/receive-body.ts'
import { receiveCancelled } from './http/receive-cancelled.ts'
import { receiveDisconnect } from './http/receive-disconnect.ts'
import { scopeHeaders } from './http/scope-headers.ts'
import { scopeShape } from './http/scope-shape.ts'
import { scopeTarget } from './http/scope-target.ts'
import { sendBlocked } from './http/send-blocked.ts'
import { sendBodiless } from './http/send-bodiless.ts'
import { sendBroken } from './http/send-broken.ts'
import { sendClosed } from './http/send-closed.ts'
import { sendDisconnected } from './http/send-disconnected.ts'
import { sendHeaders } from './http/send-headers.ts'
import { sendMisuse } from './http/send-misuse.ts'
import { sendResponse } from './http/send-response.ts'
import { sendTrailers } from './http/send-trailers.ts'
import { sessions } from './http/session.ts'
import { http2 } from './http2/registry.ts'
import { shutdown } from './lifespan/shutdown.ts'
import { startup } from './lifespan/startup.ts'
import { state } from './lifespan/state.ts'
import { failedWorkers } from './lifespan/workers.ts'
import { processes } from './process/registry.ts'
import type { Property } from './property.ts'
import { overRoutes } from './routes.ts'
import { tls } from './tls/registry.ts'
import { websocket } from './websocket/registry.ts'
import { connection } from './wire/connection.ts'
import { date, dateAfterIdling } from './wire/date.ts'
import { endings } from './wire/endings.ts'
import { expect } from './wire/expect.ts'
import { higherMinor } from './wire/higher-minor.ts'
import { inUse } from './wire/in-use.ts'
import { leftUnfinished } from './wire/left-unfinished.ts'
import { limitsAnswered } from './wire/limits-answered.ts'
import { neighbours } from './wire/neighbours.ts'
import { ownFields } from './wire/own-fields.ts'
import { refusedHead } from './wire/refused-head.ts'
import { repeated } from './wire/repeated.ts'
import { responses } from './wire/responses.ts'
import { sequences } from './wire/sequences.ts'
import { slowReader } from './wire/slow-reader.ts'
import { unhurried } from './wire/unhurried.ts'
import { upgrade } from './wire/upgrade.ts'
import { vectors } from './wire/vectors.ts'

/**
 * Every law of the suite, in the order in which they run: what shares one running server first,
 * what launches servers of its own last.
 */
const LAWS: readonly Property[] = [
  ...scopeShape,
  ...scopeTarget,
  ...scopeHeaders,
  ...receiveBody,
  contentOfAnyMethod,
  ...receiveDisconnect,
  ...receiveCancelled,
  ...sendResponse,
  ...sendClosed,
  ...sendHeaders,
  ...sendBodiless,
  ...sendTrailers,
  ...sendDisconnected,
  sendBroken,
  sendBlocked,
  concurrentSends,
  ...sendMisuse,
  ...applicationErrors,
  ...sessions,
  ...extensions,
  ...connection,
  ...expect,
  higherMinor,
  ...date,
  ownFields,
  ...responses,
  ...endings,
  leftUnfinished,
  ...sequences,
  ...limitsAnswered,
  refusedHead,
  ...repeated,
  ...neighbours,
  slowReader,
  unhurried,
  manyPieces,
  ...upgrade,
  ...vectors,
  ...websocket,
  ...http2,
  backloggedBody,
  ...startup,
  failedWorkers,
  ...shutdown,
  ...state,
  dateAfterIdling,
  ...inUse,
  ...tls,
  ...config,
  ...processes,
]

/** Those laws, on every route on which they hold. */
export const PROPERTIES: readonly Property[] = LAWS.map(overRoutes)
