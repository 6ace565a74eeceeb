import type { Channel } from '../testers/channel.ts'
import type { AppCall, RemoteScope } from '../testers/remote-scope.ts'
import { isBytes, isDict, type PyDict, show } from '../testers/values.ts'
import { observeConversation } from './observe-conversation.ts'
import { bytes, observeResponse, statements, VALUE_LIMIT } from './observe-response.ts'
import { observeScope, withoutKind } from './observe-scope.ts'
import { observeStreams } from './observe-streams.ts'

/** One thing about one connection or scope of a program in which servers can be told apart. */
export interface Aspect {
  /** `connection 1`, `connection 1, request 2`, `lifespan 1`. */
  readonly subject: string
  /** `scope.raw_path`, `receive`, `answers`. */
  readonly name: string
  readonly value: string
}

export type Observation = readonly Aspect[]

/**
 * What a program has shown, in a form that two servers can be compared in. Left out is what servers
 * are free in and nobody can rely on: ports, their own fields, the case of field names, how a body is
 * cut into chunks, frames or events.
 */
export function observe(
  channels: readonly Channel[],
  lifespans: readonly RemoteScope[] = [],
): Observation {
  const aspects: Aspect[] = []
  for (const [index, channel] of channels.entries()) {
    const connection = `connection ${index + 1}`
    const { http2 } = channel
    aspects.push(
      ...(http2 === null
        ? observeWire(channel, connection)
        : observeStreams(http2(), statements(channel.scopes), connection)),
    )
    for (const [turn, scope] of channel.scopes.entries()) {
      aspects.push(...observeCall(scope, `${connection}, request ${turn + 1}`))
    }
  }
  for (const [index, scope] of lifespans.entries()) {
    aspects.push(...observeCall(scope, `lifespan ${index + 1}`))
  }
  return aspects
}

function observeCall(scope: RemoteScope, subject: string): Aspect[] {
  const calls = scope.calls.filter(({ kind }) => kind === 'send')
  return [
    ...observeScope(scope.scope, subject),
    { subject, name: 'receive', value: received(scope.calls) },
    { subject, name: 'send', value: calls.map(sent).join('; ') || 'nothing' },
    ...calls.flatMap((call): Aspect[] => {
      const raised = call.outcome?.raised
      return raised ? [{ subject, name: 'exception', value: raised.chain.join(' < ') }] : []
    }),
    { subject, name: 'end of the call', value: scope.end ?? 'none' },
  ]
}

/** Consecutive http.request events are one: how content is cut into them is the server's choice. */
function received(calls: readonly AppCall[]): string {
  const shown: string[] = []
  let content: Uint8Array[] | null = null
  const flush = (rest: string): void => {
    if (content !== null) shown.push(`http.request ${bytes(Buffer.concat(content))}${rest}`)
    content = null
  }
  for (const event of calls.filter(({ kind }) => kind === 'receive').map(eventOf)) {
    if (typeof event === 'string' || event['type'] !== 'http.request') {
      flush(', more to come')
      shown.push(typeof event === 'string' ? event : show(withoutKind(event), VALUE_LIMIT))
      continue
    }
    content ??= []
    if (isBytes(event['body'])) content.push(event['body'])
    if (event['more_body'] !== true) flush(', complete')
  }
  flush(', more to come')
  return shown.join('; ') || 'nothing'
}

function eventOf({ outcome, answeredAt }: AppCall): PyDict | string {
  if (outcome === null || answeredAt === null) return 'waits'
  if (outcome.raised !== null) return `raises ${outcome.raised.chain[0] ?? ''}`
  return isDict(outcome.value) ? said(outcome.value) : show(outcome.value, VALUE_LIMIT)
}

/** A key that is None says as much as one that is not there (www.rst, "Receive - receive event"). */
function said(event: PyDict): PyDict {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null))
}

function sent({ message, outcome }: AppCall): string {
  const type = show(message?.['type'])
  if (outcome === null) return `${type} waits`
  return `${type} ${outcome.raised === null ? 'returns' : 'raises'}`
}

function observeWire(channel: Channel, subject: string): Aspect[] {
  const { wire } = channel
  const begun = statements(channel.scopes)
  const aspects: Aspect[] = []
  const answers: string[] = []
  for (const [index, response] of wire.received.entries()) {
    answers.push(...response.interim.map(({ status }) => String(status)))
    const own = begun[0]?.status === response.status ? begun.shift() : undefined
    if (own === undefined) {
      answers.push('refused')
      aspects.push({ subject, name: 'status of a refusal', value: String(response.status) })
    } else {
      answers.push(`${response.status} of the application`)
      aspects.push(...observeResponse(response, own, `${subject}, response ${index + 1}`))
    }
  }
  aspects.push(
    { subject, name: 'answers', value: answers.join('; ') || 'none' },
    { subject, name: 'persistence', value: closes(channel) ? 'ends' : 'goes on' },
    ...observeConversation(channel, subject),
  )
  return aspects
}

/** Said by a field, or done before the client did anything of the kind. */
function closes({ wire }: Channel): boolean {
  const announced = wire.received.some(({ headers }) =>
    headers.some(
      ([name, value]) => name.toLowerCase() === 'connection' && /\bclose\b/i.test(value),
    ),
  )
  const first = wire.events.find(({ what }) => what !== 'bytes')
  return announced || first?.direction === 'in'
}
