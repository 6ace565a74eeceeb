/**
 * The executable specification of HTTP in ASGI (www.rst, "HTTP"), as far as order and time go: which
 * steps a session may take from here, and what the server owes the application then. Pure: the driver
 * in `properties/http/session.ts` holds it against a server.
 */

/** One step of a session, by the client on one of its connections or by the application behind it. */
export type HttpStep =
  | { readonly do: 'request'; readonly on: number; readonly content: SessionContent }
  /** Writes so many thousandths of the content that is not on the wire yet. */
  | { readonly do: 'content'; readonly on: number; readonly share: number }
  | { readonly do: 'leave'; readonly on: number; readonly reset: boolean }
  /** `watch`: where nothing is due, the application is watched for a quiet period. */
  | { readonly do: 'receive'; readonly on: number; readonly watch: boolean }
  | { readonly do: 'start'; readonly on: number; readonly status: number }
  | { readonly do: 'body'; readonly on: number; readonly content: string; readonly more: boolean }
  /** Returns where the application may, and raises where its response is incomplete. */
  | { readonly do: 'end'; readonly on: number }

/** Content of a request: the chunks that it is framed in; a single one goes by its length. */
export type SessionContent = readonly string[]

/** One connection between two steps. */
export interface HttpModel {
  readonly client: 'there' | 'left'
  /** The request under way; null between two of them. */
  readonly turn: HttpTurn | null
}

export interface HttpTurn {
  /** The last byte of the request is on the wire. */
  readonly sent: boolean
  /** The application has its scope. */
  readonly opened: boolean
  /** What the application has been given. */
  readonly given: 'part' | 'whole' | 'disconnect'
  /** A receive() is under way. */
  readonly waiting: boolean
  readonly response: 'none' | 'started' | 'complete'
  /** The application call has ended. */
  readonly over: boolean
}

export const IDLE: HttpModel = { client: 'there', turn: null }

export const OPENING: HttpTurn = {
  sent: false,
  opened: false,
  given: 'part',
  waiting: false,
  response: 'none',
  over: false,
}

/** Whether a correct client and a correct application may take the step now. */
export function mayTake({ client, turn }: HttpModel, step: HttpStep['do']): boolean {
  if (turn === null) return step === 'request' && client === 'there'
  const acting = turn.opened && !turn.over
  switch (step) {
    case 'request':
      return false
    case 'content':
      return client === 'there' && !turn.sent
    case 'leave':
      return client === 'there' && acting
    case 'receive':
      return acting && !turn.waiting && turn.given !== 'disconnect'
    case 'start':
      return acting && turn.response === 'none'
    case 'body':
      return acting && turn.response === 'started'
    case 'end':
      return acting
  }
}

/**
 * What the server owes a receive() that is under way: an event, nothing (it must wait), or either. A
 * server may keep content back until the request is whole, so that content alone obliges it to nothing;
 * and while the client owes content, a server may wait for that even behind the response.
 */
export function dueTo({ client, turn }: HttpModel): 'event' | 'nothing' | 'either' {
  if (turn === null || client === 'left') return 'event'
  if (!turn.sent) return 'either'
  if (turn.response === 'complete') return 'event'
  return turn.given === 'whole' ? 'nothing' : 'event'
}

/** "http.disconnect": only after the response has been sent or the connection closed. */
export function mayDisconnect({ client, turn }: HttpModel): boolean {
  return client === 'left' || turn === null || turn.response === 'complete'
}

/** Between two requests again, or the connection as it was with some facts of its turn changed. */
export function after(model: HttpModel, change: Partial<HttpTurn>): HttpModel {
  if (model.turn === null) return model
  const turn = { ...model.turn, ...change }
  const done = turn.over && turn.sent && turn.response === 'complete' && model.client === 'there'
  return { ...model, turn: done ? null : turn }
}
