import type { Transcript, TranscriptEvent } from '../../evidence/conformance.ts'
import type { Channel } from '../testers/channel.ts'
import type { Iut } from '../testers/iut.ts'
import type { ProcessEvent } from '../testers/process-log.ts'
import type { AppCall, RemoteScope } from '../testers/remote-scope.ts'
import { escapeBytes, isDict, type PyValue, show, showDict } from '../testers/values.ts'
import type { WireEvent } from '../testers/wire.ts'

const DETAIL_LIMIT = 4096
const VALUE_LIMIT = 1024
const LABEL_LIMIT = 100

/**
 * The merged, time-ordered log of both testers for one program; times in µs since `startedAt`. `launched`: the
 * servers that the program itself has started, each with its lifespan.
 */
export function transcribe(
  startedAt: number,
  channels: readonly Channel[],
  launched: readonly Iut[] = [],
): Transcript {
  const events: TranscriptEvent[] = []
  for (const [index, channel] of channels.entries()) {
    const connection = `connection ${index + 1}`
    events.push(...channel.wire.events.map((event) => wireEvent(event, connection)))
    for (const [turn, scope] of channel.scopes.entries()) {
      events.push(...scopeEvents(scope, `${connection}, request ${turn + 1}`))
    }
  }
  for (const [index, { log, lifespans }] of launched.entries()) {
    const which = launched.length > 1 ? ` ${index + 1}` : ''
    events.push(...log.events.map((event) => processEvent(event, `process${which}`)))
    for (const scope of lifespans) events.push(...scopeEvents(scope, `lifespan${which}`))
  }
  return events
    .map((event) => ({ ...event, at: Math.max(0, Math.round((event.at - startedAt) * 1000)) }))
    .toSorted((a, b) => a.at - b.at)
}

function wireEvent(event: WireEvent, subject: string): TranscriptEvent {
  const out = event.direction === 'out'
  const from = out ? 'client' : 'server'
  const to = out ? 'server' : 'client'
  if (event.what !== 'bytes') {
    return { at: event.at, from, to, subject, label: event.what.toUpperCase(), detail: '' }
  }
  const detail = clip(escapeBytes(event.bytes.subarray(0, DETAIL_LIMIT)), event.bytes.length)
  const firstLine = event.bytes.toString('latin1', 0, 200).split('\r\n')[0] ?? ''
  const readable = /^[\x20-\x7e]+$/.test(firstLine) ? firstLine : `${event.bytes.length} bytes`
  const label = event.label ?? readable
  return { at: event.at, from, to, subject, label: label.slice(0, LABEL_LIMIT), detail }
}

function processEvent({ at, by, label, detail }: ProcessEvent, subject: string): TranscriptEvent {
  return { at, from: by, to: 'server', subject, label, detail }
}

function scopeEvents(scope: RemoteScope, subject: string): TranscriptEvent[] {
  const begin: TranscriptEvent = {
    at: scope.announcedAt,
    from: 'server',
    to: 'app',
    subject,
    label: `app(scope type ${show(scope.scope['type'])})`,
    detail: showDict(scope.scope, VALUE_LIMIT),
  }
  return [begin, ...scope.calls.flatMap((call) => callEvents(call, subject))]
}

function callEvents(call: AppCall, subject: string): TranscriptEvent[] {
  if (call.kind === 'end') {
    return [
      { at: call.calledAt, from: 'app', to: 'server', subject, label: call.label, detail: '' },
    ]
  }
  const name = call.kind === 'receive' ? 'receive()' : `send(${summary(call.message)})`
  const asked: TranscriptEvent = {
    at: call.calledAt,
    from: 'app',
    to: 'server',
    subject,
    label: name.slice(0, LABEL_LIMIT),
    detail: call.message === null ? '' : showDict(call.message, VALUE_LIMIT),
  }
  if (call.answeredAt === null || call.outcome === null) return [asked]
  const { raised, value } = call.outcome
  const verb = call.kind === 'receive' ? 'receive() ->' : 'send() ->'
  const result =
    raised === null
      ? call.kind === 'receive'
        ? summary(isDict(value) ? value : null)
        : 'returned'
      : `raised ${raised.chain[0] ?? 'an exception'}`
  return [
    asked,
    {
      at: call.answeredAt,
      from: 'server',
      to: 'app',
      subject,
      label: `${verb} ${result}`.slice(0, LABEL_LIMIT),
      detail: raised === null ? showValue(value) : `${raised.chain.join(' < ')}: ${raised.text}`,
    },
  ]
}

/** All keys of an event are there, however long its content. */
function showValue(value: PyValue): string {
  return isDict(value) ? showDict(value, VALUE_LIMIT) : show(value, DETAIL_LIMIT)
}

function summary(message: { readonly [key: string]: unknown } | null): string {
  return message === null ? '?' : String(message['type'])
}

function clip(text: string, total: number): string {
  return total > DETAIL_LIMIT ? `${text}… (${total} bytes in all)` : text
}
