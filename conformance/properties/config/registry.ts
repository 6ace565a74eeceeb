import type { Property } from '../property.ts'
import { addresses } from './addresses.ts'
import { applications } from './application.ts'
import { behindPipeline } from './behind-pipeline.ts'
import { choices } from './choices.ts'
import { connections } from './connections.ts'
import { contextsApart } from './contexts-apart.ts'
import { fileInTurn } from './file-in-turn.ts'
import { files } from './files.ts'
import { forwardedForms } from './forwarded-forms.ts'
import { heldConnections } from './held-connections.ts'
import { http2Off } from './http2-off.ts'
import { lifespanModes } from './lifespan-modes.ts'
import { limitConcurrency } from './limit-concurrency.ts'
import { placesGivenBack } from './limit-concurrency-ends.ts'
import { limitEdges } from './limit-edges.ts'
import { limits } from './limits.ts'
import { logConfig } from './log-config.ts'
import { logLevels } from './log-level.ts'
import { logs } from './logs.ts'
import { maxRequests, maxRequestsEdge } from './max-requests.ts'
import { maxRequestsJitter } from './max-requests-jitter.ts'
import { metrics } from './metrics.ts'
import { noIdleTime } from './no-idle-time.ts'
import { patience } from './patience.ts'
import { proxies } from './proxies.ts'
import { refusals } from './refusals.ts'
import { refusedEvents } from './refused-events.ts'
import { refusedRequests } from './refused-requests.ts'
import { reload } from './reload.ts'
import { responseHeaders } from './response-headers.ts'
import { rootPath } from './root-path.ts'
import { shown } from './shown.ts'
import { silentClients } from './silent-clients.ts'
import { sources } from './sources.ts'
import { stalledContent } from './stalled-content.ts'
import { timeouts } from './timeouts.ts'
import { tlsSettings } from './tls-settings.ts'
import { trailersNotOffered } from './trailers-not-offered.ts'
import { unixSocket } from './unix-socket.ts'
import { webSocketSettings } from './web-socket.ts'
import { webSocketChoices } from './web-socket-choices.ts'
import { webSocketPings } from './web-socket-pings.ts'
import { workers } from './workers.ts'

/** Settings do what the documentation of the server says. */
export const config: readonly Property[] = [
  ...sources,
  ...refusals,
  shown,
  ...logLevels,
  ...rootPath,
  ...unixSocket,
  ...addresses,
  ...files,
  ...connections,
  workers,
  limitConcurrency,
  placesGivenBack,
  maxRequests,
  maxRequestsEdge,
  maxRequestsJitter,
  ...limits,
  ...limitEdges,
  ...timeouts,
  ...patience,
  stalledContent,
  silentClients,
  ...heldConnections,
  noIdleTime,
  ...responseHeaders,
  ...proxies,
  ...forwardedForms,
  ...applications,
  ...reload,
  ...lifespanModes,
  ...webSocketSettings,
  ...webSocketPings,
  ...tlsSettings,
  http2Off,
  ...logs,
  logConfig,
  ...metrics,
  ...choices,
  ...refusedEvents,
  fileInTurn,
  behindPipeline,
  ...webSocketChoices,
  ...contextsApart,
  refusedRequests,
  trailersNotOffered,
]
