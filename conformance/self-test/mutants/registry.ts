import { aftermathMutants } from './aftermath.ts'
import { afterwardsMutants } from './afterwards.ts'
import { byTheWayMutants } from './by-the-way.ts'
import { configurationMutants } from './configuration.ts'
import { connectionMutants } from './connection.ts'
import { connectionEndMutants } from './connection-ends.ts'
import { disconnectMutants } from './disconnect.ts'
import { endedByClientMutants } from './ended-by-clients.ts'
import { endingMutants } from './ending.ts'
import { extensionMutants } from './extensions.ts'
import { fleetDrainMutants } from './fleet-drain.ts'
import { fourthSightMutants } from './fourth-sight.ts'
import { framingMutants } from './framing.ts'
import { halfClosedMutants } from './half-closed.ts'
import { http2ApplicationMutants } from './http2-application.ts'
import { http2FrameMutants } from './http2-frames.ts'
import { http2StrayMutants } from './http2-strays.ts'
import { lifespanMutants } from './lifespan.ts'
import { limitsAnsweredMutants } from './limits-answered.ts'
import { manyAtOnceMutants } from './many-at-once.ts'
import { midwayMutants } from './midway.ts'
import { misuseMutants } from './misuse.ts'
import type { Mutant } from './mutant.ts'
import { namedCoreMutants } from './named-core.ts'
import { namedSocketMutants } from './named-sockets.ts'
import { namedWireMutants } from './named-wire.ts'
import { otherRouteMutants } from './other-routes.ts'
import { overlookedMutants } from './overlooked.ts'
import { ownAnswerMutants } from './own-answers.ts'
import { passedOverMutants } from './passed-over.ts'
import { processMutants } from './process.ts'
import { recalledCallMutants } from './recalled-calls.ts'
import { recalledConnectionMutants } from './recalled-connections.ts'
import { recalledProcessMutants } from './recalled-process.ts'
import { recalledSettingsMutants } from './recalled-settings.ts'
import { recalledWebSocketMutants } from './recalled-websocket.ts'
import { recalledWireMutants } from './recalled-wire.ts'
import { receiveMutants } from './receive.ts'
import { releaseMutants } from './releases.ts'
import { responseMutants } from './responses.ts'
import { scopeMutants } from './scope.ts'
import { scopeTargetMutants } from './scope-target.ts'
import { secondReadingMutants } from './second-reading.ts'
import { secondSightHistoryMutants } from './second-sight-history.ts'
import { secondSightHttpMutants } from './second-sight-http.ts'
import { secondSightHttp2Mutants } from './second-sight-http2.ts'
import { secondSightUvicornMutants } from './second-sight-uvicorn.ts'
import { secondSightWebSocketMutants } from './second-sight-websocket.ts'
import { sendMutants } from './send.ts'
import { sessionMutants } from './session.ts'
import { ignoredSettingsMutants } from './settings-ignored.ts'
import { sideDoorMutants } from './side-doors.ts'
import { thirdSightHistoryMutants } from './third-sight-history.ts'
import { thirdSightHttpMutants } from './third-sight-http.ts'
import { thirdSightProcessMutants } from './third-sight-proc.ts'
import { thirdSightWebSocketMutants } from './third-sight-websocket.ts'
import { thirdSightWireMutants } from './third-sight-wire.ts'
import { tlsMutants } from './tls.ts'
import { tlsSettingMutants } from './tls-settings.ts'
import { unforeseenPromiseMutants } from './unforeseen-promises.ts'
import { unforeseenSettingsMutants } from './unforeseen-settings.ts'
import { unforeseenWireMutants } from './unforeseen-wire.ts'
import { untriedCombinationMutants } from './untried-combinations.ts'
import { fieldVectorMutants } from './vectors-fields.ts'
import { framingVectorMutants } from './vectors-framing.ts'
import { requestLineMutants } from './vectors-request-lines.ts'
import { webSocketEnduranceMutants } from './websocket-endurance.ts'
import { websocketFarewellMutants } from './websocket-farewell.ts'
import { webSocketFlowMutants } from './websocket-flow.ts'
import { webSocketFrameMutants } from './websocket-frames.ts'
import { webSocketHandshakeMutants } from './websocket-handshake.ts'
import { webSocketMessageMutants } from './websocket-messages.ts'
import { webSocketScopeMutants } from './websocket-scope.ts'
import { webSocketStartMutants } from './websocket-start.ts'

/** By the module that declares them. */
const BY_MODULE: Readonly<Record<string, readonly Mutant[]>> = {
  scope: scopeMutants,
  'scope-target': scopeTargetMutants,
  receive: receiveMutants,
  disconnect: disconnectMutants,
  send: sendMutants,
  'limits-answered': limitsAnsweredMutants,
  'many-at-once': manyAtOnceMutants,
  midway: midwayMutants,
  misuse: misuseMutants,
  framing: framingMutants,
  connection: connectionMutants,
  'vectors-request-lines': requestLineMutants,
  'vectors-fields': fieldVectorMutants,
  'vectors-framing': framingVectorMutants,
  'websocket-scope': webSocketScopeMutants,
  'websocket-farewell': websocketFarewellMutants,
  'websocket-flow': webSocketFlowMutants,
  'websocket-start': webSocketStartMutants,
  'websocket-handshake': webSocketHandshakeMutants,
  'websocket-messages': webSocketMessageMutants,
  'websocket-frames': webSocketFrameMutants,
  'http2-application': http2ApplicationMutants,
  'http2-frames': http2FrameMutants,
  'http2-strays': http2StrayMutants,
  'fleet-drain': fleetDrainMutants,
  'tls-settings': tlsSettingMutants,
  responses: responseMutants,
  releases: releaseMutants,
  lifespan: lifespanMutants,
  tls: tlsMutants,
  configuration: configurationMutants,
  process: processMutants,
  session: sessionMutants,
  'settings-ignored': ignoredSettingsMutants,
  ending: endingMutants,
  extensions: extensionMutants,
  'connection-ends': connectionEndMutants,
  'recalled-calls': recalledCallMutants,
  'recalled-wire': recalledWireMutants,
  'recalled-websocket': recalledWebSocketMutants,
  'recalled-settings': recalledSettingsMutants,
  'recalled-process': recalledProcessMutants,
  'unforeseen-wire': unforeseenWireMutants,
  'unforeseen-settings': unforeseenSettingsMutants,
  'unforeseen-promises': unforeseenPromiseMutants,
  'recalled-connections': recalledConnectionMutants,
  'untried-combinations': untriedCombinationMutants,
  'own-answers': ownAnswerMutants,
  'passed-over': passedOverMutants,
  'side-doors': sideDoorMutants,
  afterwards: afterwardsMutants,
  'by-the-way': byTheWayMutants,
  'other-routes': otherRouteMutants,
  'named-sockets': namedSocketMutants,
  overlooked: overlookedMutants,
  'second-reading': secondReadingMutants,
  'second-sight-history': secondSightHistoryMutants,
  'second-sight-websocket': secondSightWebSocketMutants,
  'second-sight-uvicorn': secondSightUvicornMutants,
  'second-sight-http2': secondSightHttp2Mutants,
  'second-sight-http': secondSightHttpMutants,
  'third-sight-websocket': thirdSightWebSocketMutants,
  aftermath: aftermathMutants,
  'third-sight-wire': thirdSightWireMutants,
  'fourth-sight': fourthSightMutants,
  'third-sight-http': thirdSightHttpMutants,
  'third-sight-proc': thirdSightProcessMutants,
  'third-sight-history': thirdSightHistoryMutants,
  'websocket-endurance': webSocketEnduranceMutants,
  'half-closed': halfClosedMutants,
  'ended-by-clients': endedByClientMutants,
  'named-wire': namedWireMutants,
  'named-core': namedCoreMutants,
}

/** Every mutant of the reference server; each property of the suite has at least one to catch. */
export const MUTANTS: readonly Mutant[] = Object.values(BY_MODULE).flat()

/** The modules that declare them, beside this one, by their names. */
export const MUTANT_MODULES: readonly string[] = Object.keys(BY_MODULE)

/** @throws RangeError for an id that no mutant has. */
export function mutantById(id: string): Mutant {
  const mutant = MUTANTS.find((candidate) => candidate.id === id)
  if (mutant === undefined) throw new RangeError(`no mutant has the id "${id}"`)
  return mutant
}

/** The module that declares a mutant, beside this one: a server is started sooner with it than with all of them. */
export function moduleOf(mutant: Mutant): string {
  const [name] = Object.entries(BY_MODULE).find(([, mutants]) => mutants.includes(mutant)) ?? []
  if (name === undefined) throw new RangeError(`no module declares the mutant "${mutant.id}"`)
  return name
}
