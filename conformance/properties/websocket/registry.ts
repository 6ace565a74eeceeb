import type { Property } from '../property.ts'
import { afterOwnClose } from './after-own-close.ts'
import { answer } from './answer.ts'
import { blockedSend } from './blocked-send.ts'
import { brokenClose } from './broken-close.ts'
import { clientEnd } from './client-end.ts'
import { deflate } from './deflate.ts'
import { denial } from './denial.ts'
import { duplex } from './duplex.ts'
import { endedAtWork } from './ended-at-work.ts'
import { endlessMessage } from './endless-message.ts'
import { failedApplication } from './failed-application.ts'
import { fullQueue } from './full-queue.ts'
import { handshake } from './handshake.ts'
import { lateSend } from './late-send.ts'
import { noCloseReceived } from './no-close-received.ts'
import { protocolErrors } from './protocol-errors.ts'
import { receive } from './receive.ts'
import { refusedHandshake } from './refused-handshake.ts'
import { scopeRequest } from './scope-request.ts'
import { scopeServer } from './scope-server.ts'
import { scopeShape } from './scope-shape.ts'
import { scopeValues } from './scope-values.ts'
import { send } from './send.ts'
import { sendMisuse } from './send-misuse.ts'
import { serverEnd } from './server-end.ts'
import { slowReader } from './slow-reader.ts'
import { unanswered } from './unanswered.ts'
import { upgrade } from './upgrade.ts'

/** Every property about WebSocket connections, certain and cheap ones first. */
export const websocket: readonly Property[] = [
  ...scopeShape,
  ...scopeRequest,
  ...scopeValues,
  ...handshake,
  ...answer,
  ...receive,
  ...send,
  ...duplex,
  slowReader,
  fullQueue,
  ...clientEnd,
  endedAtWork,
  ...brokenClose,
  ...serverEnd,
  ...afterOwnClose,
  noCloseReceived,
  failedApplication,
  ...unanswered,
  ...denial,
  ...refusedHandshake,
  ...protocolErrors,
  ...deflate,
  ...upgrade,
  ...sendMisuse,
  ...lateSend,
  blockedSend,
  endlessMessage,
  ...scopeServer,
]
