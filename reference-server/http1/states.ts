/**
 * The life of one HTTP/1.1 connection as two small machines and a meeting point.
 *
 * Each side has a state; an event moves the side that caused it, and a `request` moves both: the
 * client starts to send, and the server owes a response. When both sides are `done` they meet, and
 * either start afresh or close. Whatever is not in the table is forbidden. Nothing here knows about
 * bytes; the readers and writers are chosen by these states, and no other file assigns one.
 */
import { LocalProtocolError } from './errors.ts'

export type ClientState =
  | 'idle' // between requests
  | 'sending' // its head has been read, its body not yet to the end
  | 'done' // its message is complete
  | 'switched' // the connection speaks another protocol now
  | 'closed' // it will send no more: end of file, or nothing more will be read
  | 'error' // it broke the protocol; its bytes have no meaning any more

export type ServerState =
  | 'idle' // owes nothing
  | 'responding' // owes a response; interim ones may precede it
  | 'head-ready' // the head is encoded and waits for the first body bytes
  | 'sending' // the head is out, the body not yet to the end
  | 'done' // the response is complete
  | 'switched'
  | 'closed' // it will send no more

export type ClientEvent = 'request' | 'data' | 'end' | 'eof' | 'switch' | 'error'
export type ServerEvent =
  | 'request' // the client's request obliges the server
  | 'refuse' // the client's bytes are no request: an error response is owed all the same
  | 'interim'
  | 'head'
  | 'data'
  | 'end'
  | 'switch'
  | 'close'

type Table<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, State>>>>
>

export const CLIENT: Table<ClientState, ClientEvent> = {
  idle: { request: 'sending', eof: 'closed', error: 'error' },
  sending: { data: 'sending', end: 'done', eof: 'error', error: 'error' },
  done: { eof: 'closed', switch: 'switched', error: 'error' },
  switched: {},
  closed: { eof: 'closed' },
  error: { eof: 'error', error: 'error' },
}

export const SERVER: Table<ServerState, ServerEvent> = {
  idle: { request: 'responding', refuse: 'responding', close: 'closed' },
  responding: {
    interim: 'responding',
    refuse: 'responding',
    head: 'head-ready',
    switch: 'switched',
    close: 'closed',
  },
  // www.rst, "Response Start": as long as it has not left, an error response can take its place
  'head-ready': {
    interim: 'head-ready',
    refuse: 'responding',
    data: 'sending',
    end: 'done',
    close: 'closed',
  },
  sending: { data: 'sending', end: 'done', close: 'closed' },
  done: { close: 'closed' },
  switched: {},
  closed: { close: 'closed' },
}

/** Where the two sides meet: RFC 9112 §9.3, a connection persists only if both messages allow it. */
export const MEETING: Readonly<
  Record<'persistent' | 'final', { readonly client: ClientState; readonly server: ServerState }>
> = {
  persistent: { client: 'idle', server: 'idle' },
  final: { client: 'closed', server: 'closed' },
}

/** The next state, or LocalProtocolError where the table has none. */
export function step<State extends string, Event extends string>(
  table: Table<State, Event>,
  state: State,
  event: Event,
): State {
  const next = table[state][event]
  if (next === undefined) {
    throw new LocalProtocolError(`In state ${state} there is no transition for ${event}.`)
  }
  return next
}
