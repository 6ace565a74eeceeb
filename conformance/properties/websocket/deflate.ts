import fc, { type Arbitrary } from 'fast-check'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Message, type PyDict, show } from '../../testers/values.ts'
import type { DeflateAgreement } from '../../websocket/deflate.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { judgeFailure } from '../../websocket/failure.ts'
import { OPCODE, RSV1 } from '../../websocket/frame.ts'
import {
  deflateAgreement,
  extensionsOf,
  type Handshake,
  PLAIN,
  parametersOf,
} from '../../websocket/handshake.ts'
import {
  framesOf,
  type MessagePlan,
  pingFrame,
  plainMessage,
} from '../../websocket/message-plan.ts'
import { tryToEstablish } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** An offer as RFC 7692 §7.1 allows it. */
export interface Offer {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  readonly serverMaxWindowBits: number | null
  /** 0: the parameter without a value, which only says that the server may choose. */
  readonly clientMaxWindowBits: number | null
}

const bits = fc.integer({ min: 8, max: 15 })

const offer: Arbitrary<Offer> = fc.record({
  serverNoContextTakeover: fc.boolean(),
  clientNoContextTakeover: fc.boolean(),
  serverMaxWindowBits: fc.option(bits, { nil: null }),
  clientMaxWindowBits: fc.option(fc.oneof(fc.constant(0), bits), { nil: null }),
})

function written(plan: Offer): string {
  const client = plan.clientMaxWindowBits
  return [
    'permessage-deflate',
    ...(plan.serverNoContextTakeover ? ['server_no_context_takeover'] : []),
    ...(plan.clientNoContextTakeover ? ['client_no_context_takeover'] : []),
    ...(plan.serverMaxWindowBits === null
      ? []
      : [`server_max_window_bits=${plan.serverMaxWindowBits}`]),
    ...(client === null
      ? []
      : [client === 0 ? 'client_max_window_bits' : `client_max_window_bits=${client}`]),
  ].join('; ')
}

const anySaying = fc.oneof(
  { weight: 2, arbitrary: arbitrary.saying },
  { weight: 1, arbitrary: arbitrary.repetitiveSaying },
)

const TRANSPARENT = 'wire/rfc7692/transparent'
const DECLINED = 'wire/rfc7692/unsupported-configuration-declined'

const BOTH = [
  'wire/rfc7692/both-kinds-received',
  'wire/rfc7692/uncompressed-message',
  'wire/rfc7692/client-context-takeover',
]
const AGREED = [TRANSPARENT, ...BOTH, 'wire/rfc7692/rsv1-first-data-frame-only']

export const COMPRESSED_CLAUSES: readonly string[] = [
  ...AGREED,
  'wire/rfc7692/server-no-context-takeover',
  'wire/rfc7692/server-max-window-bits',
  'wire/rfc7692/client-max-window-bits-only-if-offered',
  'wire/rfc7692/client-max-window-bits-value',
  DECLINED,
]

/** An offer, and a conversation that is compressed as far as it is accepted. */
export interface Compressed {
  readonly offer: Offer
  readonly messages: readonly { readonly plan: MessagePlan; readonly compressed: boolean }[]
  readonly sayings: readonly arbitrary.Saying[]
  /** Agreed on beside it. */
  readonly subprotocol: string | null
}

export const compressed: Arbitrary<Compressed> = fc.record({
  offer,
  messages: fc
    .tuple(
      fc.array(fc.record({ plan: arbitrary.message, compressed: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.boolean(),
    )
    // What was said before is what a compressed message can refer to.
    .map(([messages, again]) => (again ? [...messages, ...messages] : messages)),
  sayings: fc.array(anySaying, { minLength: 1, maxLength: 4 }),
  subprotocol: fc.constantFrom(null, 'chat'),
})

/** The handshake, and what its application accepts it with. */
export function withOffer({ offer: plan, subprotocol }: Compressed): readonly [Handshake, Message] {
  const handshake = { ...PLAIN, extensions: [written(plan)] }
  if (subprotocol === null) return [handshake, {}]
  return [{ ...handshake, subprotocols: [[subprotocol]] }, { subprotocol }]
}

interface BadOffer {
  readonly clause: string
  readonly parameters: string
}

const WINDOWS = ['server_max_window_bits', 'client_max_window_bits'] as const
const TAKEOVERS = ['server_no_context_takeover', 'client_no_context_takeover'] as const

/** What is no "decimal integer value without leading zeroes between 8 to 15" (RFC 7692 §7.1.2). */
const noBits = fc.oneof(
  fc.integer({ min: 0, max: 7 }).map(String),
  fc.integer({ min: 16, max: 300 }).map(String),
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom('0', '00'), bits).map(([zeros, n]) => `${zeros}${n}`),
  },
  fc.tuple(fc.constantFrom('+', '-', '0x'), bits).map(([sign, value]) => `${sign}${value}`),
  bits.map((value) => `${value}.0`),
  fc.constantFrom('x', 'true', '1e1', '10a'),
)

/** Offers that must be declined (RFC 7692 §7), with the clause that says so. */
const badOffer: Arbitrary<BadOffer> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('x_assay', 'server_window_bits=15', 'client_window_bits', 'no_context_takeover')
      .map((parameters) => ({ clause: 'wire/rfc7692/unknown-parameter-declined', parameters })),
  },
  {
    weight: 5,
    arbitrary: fc
      .oneof(
        { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...WINDOWS), noBits) },
        fc.tuple(fc.constantFrom(...TAKEOVERS), fc.constantFrom('1', '0', 'true', '15')),
        fc.constant(['server_max_window_bits', null] as const),
      )
      .map(([name, value]) => (value === null ? name : `${name}=${value}`))
      .map((parameters) => ({ clause: 'wire/rfc7692/invalid-value-declined', parameters })),
  },
  {
    weight: 3,
    arbitrary: fc
      .oneof(
        fc.tuple(fc.constantFrom(...TAKEOVERS), fc.constant('')),
        fc.tuple(
          fc.constantFrom(...WINDOWS),
          bits.map((value) => `=${value}`),
        ),
        fc.constant(['client_max_window_bits', ''] as const),
      )
      .map(([name, value]) => `${name}${value}`)
      .map((once) => ({
        clause: 'wire/rfc7692/duplicate-parameter-declined',
        parameters: `${once}; ${once}`,
      })),
  },
)

/** RFC 7692: compression that the application never notices. */
export const deflate: readonly Property[] = [
  exchangeProperty({
    id: TRANSPARENT,
    law: 'messages both ways keep their content, compressed or not, under every agreed set of parameters',
    clauses: COMPRESSED_CLAUSES,
    needs: ['websocket'],
    program: compressed,
    async run(trial, program) {
      const exchange = await tryToEstablish(trial, ...withOffer(program))
      await judgeTransparent(trial, exchange, program)
    },
  }),
  exchangeProperty({
    id: 'wire/rfc7692/invalid-value-declined',
    law: 'an offer with an undefined, invalid or repeated parameter is declined',
    clauses: [
      'wire/rfc7692/unknown-parameter-declined',
      'wire/rfc7692/invalid-value-declined',
      'wire/rfc7692/duplicate-parameter-declined',
    ],
    needs: ['websocket'],
    program: badOffer,
    async run(trial, { clause, parameters }) {
      const extensions = [`permessage-deflate; ${parameters}`]
      const exchange = await tryToEstablish(trial, { ...PLAIN, extensions })
      // Refusing the whole handshake declines the offer too.
      const answered = exchange?.answered ?? null
      trial.check(
        clause,
        answered === null || deflateAgreement(answered) === null,
        `no permessage-deflate for ${JSON.stringify(parameters)}`,
        () => (answered === null ? '' : extensionsOf(answered).join(', ')),
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc7692/rsv1-elsewhere-fails',
    law: 'the compressed bit on a control frame or a later fragment fails the connection',
    clauses: ['wire/rfc7692/rsv1-elsewhere-fails'],
    needs: ['websocket'],
    program: fc.record({
      place: fc.constantFrom('ping', 'pong', 'continuation'),
      first: fc.boolean(),
    }),
    async run(trial, { place, first }) {
      const clause = 'wire/rfc7692/rsv1-elsewhere-fails'
      const exchange = await tryToEstablish(trial, {
        ...PLAIN,
        extensions: ['permessage-deflate'],
      })
      const deflater = exchange?.peer.deflater ?? null
      if (exchange === null || deflater === null) {
        trial.judge.notApplicable(clause, 'the offer was declined')
        return
      }
      if (place === 'continuation') {
        // It is no message that could arrive.
        exchange.misused = true
        const whole = { ...plainMessage('text', 'in two parts'), cuts: [500] }
        const frames = framesOf(whole, first ? deflater : null)
        exchange.peer.write(
          ...frames.map((frame) => ({ ...frame, rsv: frame.fin ? RSV1 : frame.rsv })),
        )
      } else {
        exchange.peer.write({ ...pingFrame(Buffer.from('x')), rsv: RSV1, opcode: OPCODE[place] })
      }
      await judgeFailure(trial, exchange, clause)
    },
  }),
]

/** `exchange`: null where the handshake was refused, which declines the offer too. */
export async function judgeTransparent(
  trial: Trial,
  exchange: WebSocketExchange | null,
  { offer: plan, messages, sayings }: Compressed,
): Promise<void> {
  const answered = exchange?.answered
  const agreed = answered ? deflateAgreement(answered) : null
  if (exchange === null || !answered || agreed === null) {
    for (const clause of AGREED) trial.judge.notApplicable(clause, 'the offer was declined')
    // What was not agreed on must not be done; whether all messages come is not the matter here.
    if (exchange === null) return
    for (const saying of sayings) await exchange.send(arbitrary.sendMessage(saying))
    const all = exchange.peer.until((reader) => reader.messages.length >= sayings.length)
    await trial.iut.cameWithinQuiet(all)
    return
  }
  const { peer } = exchange
  judgeAgreement(trial, plan, agreed, extensionsOf(answered).join(', '))
  for (const { plan: message, compressed: flagged } of messages)
    exchange.say([message], flagged ? peer.deflater : null)
  const events = await exchange.receiveAll(messages.length, TRANSPARENT)
  const held = trial.check(
    TRANSPARENT,
    events.every((event) => event['type'] === 'websocket.receive'),
    `${messages.length} messages`,
    () => show(events),
  )
  if (!held) {
    judgeLost(trial, messages, events, agreed)
    return
  }
  for (const clause of BOTH) trial.check(clause, true, '', () => '')
  for (const saying of sayings) {
    const { raised } = await exchange.send(arbitrary.sendMessage(saying))
    const able = 'messages sent under the offer that was accepted'
    if (!trial.check(DECLINED, raised === null, able, () => show(raised?.text))) return
  }
  await exchange.messages(sayings.length, TRANSPARENT)
  if (!peer.reader.messages.some((message) => message.compressed)) return
  trial.check('wire/rfc7692/rsv1-first-data-frame-only', true, '', () => '')
  if (plan.serverNoContextTakeover && peer.reader.messages.length > 1)
    trial.check('wire/rfc7692/server-no-context-takeover', true, '', () => '')
}

/** Which sentence the first message that did not come speaks against, beside the one about all of them. */
function judgeLost(
  trial: Trial,
  messages: Compressed['messages'],
  events: readonly PyDict[],
  agreed: DeflateAgreement,
): void {
  const at = events.findIndex((event) => event['type'] !== 'websocket.receive')
  const lost = messages[at]
  if (lost === undefined) return
  const observed = (): string => show(events[at])
  if (!lost.compressed) {
    trial.check('wire/rfc7692/both-kinds-received', false, 'a message left uncompressed', observed)
    return
  }
  const refers = messages.slice(0, at).some(({ compressed: before }) => before)
  if (refers && !agreed.clientNoContextTakeover) {
    const clause = 'wire/rfc7692/client-context-takeover'
    trial.check(clause, false, 'a message that may refer to those before it', observed)
  }
}

/** RFC 7692 §7.1: a server that accepts an offer answers each of its wishes in the response. */
function judgeAgreement(
  trial: Trial,
  plan: Offer,
  agreed: DeflateAgreement,
  response: string,
): void {
  const observed = (): string => response
  const parameters = parametersOf(response)
  const fresh = !plan.serverNoContextTakeover || agreed.serverNoContextTakeover
  const least = plan.serverMaxWindowBits
  const narrow =
    least === null ||
    (parameters.has('server_max_window_bits') &&
      agreed.serverWindowBits >= 8 &&
      agreed.serverWindowBits <= least)
  if (plan.serverNoContextTakeover) {
    const clause = 'wire/rfc7692/server-no-context-takeover'
    trial.check(clause, fresh, 'server_no_context_takeover in the response', observed)
  }
  if (least !== null) {
    const clause = 'wire/rfc7692/server-max-window-bits'
    trial.check(clause, narrow, `server_max_window_bits of at most ${least}`, observed)
  }
  if (plan.clientMaxWindowBits === null) {
    const clause = 'wire/rfc7692/client-max-window-bits-only-if-offered'
    const absent = !parameters.has('client_max_window_bits')
    trial.check(clause, absent, 'no client_max_window_bits, which was not offered', observed)
  }
  const told = parameters.get('client_max_window_bits')
  trial.check(
    'wire/rfc7692/client-max-window-bits-value',
    told === undefined || /^(?:[89]|1[0-5])$/.test(told),
    'client_max_window_bits, where it is there, with a number from 8 to 15',
    observed,
  )
  trial.check(DECLINED, fresh && narrow, 'an accepted offer to be kept to', observed)
}
