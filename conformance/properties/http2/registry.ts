import type { Property } from '../property.ts'
import { across } from './across.ts'
import { backpressure } from './backpressure.ts'
import { blocked } from './blocked.ts'
import { body } from './body.ts'
import { disconnect } from './disconnect.ts'
import { earlyResponse } from './early-response.ts'
import { expect } from './expect.ts'
import { fieldExtensions } from './fields.ts'
import { flow } from './flow.ts'
import { frames } from './frames.ts'
import { harmful } from './harmful.ts'
import { lastStream } from './last-stream.ts'
import { lateFrames } from './late-frames.ts'
import { malformed } from './malformed.ts'
import { multiplex } from './multiplex.ts'
import { oddHeads } from './odd-heads.ts'
import { push } from './push.ts'
import { reserved } from './reserved.ts'
import { response } from './response.ts'
import { scopes } from './scope.ts'
import { segments } from './segments.ts'
import { silentStreams } from './silent-streams.ts'
import { slowReader } from './slow-reader.ts'
import { tunnelLength } from './tunnel-length.ts'
import { webSocket } from './web-socket.ts'
import { webSocketEnds } from './web-socket-ends.ts'
import { webSocketFrames } from './web-socket-frames.ts'

/** HTTP/2: what the application sees of it, what it sends over it, and the protocol itself. */
export const http2: readonly Property[] = [
  ...scopes,
  multiplex,
  ...body,
  segments,
  ...disconnect,
  silentStreams,
  lateFrames,
  ...harmful,
  ...response,
  oddHeads,
  earlyResponse,
  ...fieldExtensions,
  ...expect,
  ...flow,
  slowReader,
  ...push,
  ...malformed,
  ...frames,
  lastStream,
  ...reserved,
  ...across,
  ...webSocket,
  tunnelLength,
  ...webSocketEnds,
  ...webSocketFrames,
  ...backpressure,
  blocked,
]
