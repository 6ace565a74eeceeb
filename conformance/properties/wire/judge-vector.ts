import type { Judge } from '../../judge/judge.ts'
import { isBytes, type PyDict, type PyValue, show } from '../../testers/values.ts'
import type { Reading, Vector } from '../../vectors/vector.ts'
import { type After, type Fate, FOLLOW_UP, type Observation } from './observe.ts'

/** Holds what was seen against what the cited sentence allows. */
export function judgeVector(vector: Vector, { fate, after }: Observation, judge: Judge): void {
  judge.check(vector.clause, agrees(vector, fate), `${vector.id}: ${expected(vector)}`, () =>
    describeFate(vector, fate),
  )
  if (vector.closedBy === null) judgeFollower(vector, fate, after, judge)
  else
    judge.check(
      vector.closedBy,
      after.kind !== 'served',
      `${vector.id}: a close of the connection, and no further request on it`,
      () => describeAfter(after),
    )
}

/** Where the connection may live on, the next request on it is the next that the client sent, and is served. */
function judgeFollower(vector: Vector, fate: Fate, after: After, judge: Judge): void {
  const { clause, id, expect } = vector
  const next = expect.kind === 'served' ? (expect.reading.next ?? FOLLOW_UP) : FOLLOW_UP
  const served = expect.kind === 'served' && fate.kind === 'served'
  judge.check(
    clause,
    after.kind === 'served'
      ? after.path === show(next) && after.ours
      : after.kind === 'closed' || !served,
    `${id}: ${served ? `a request for ${next} served behind it, or a close` : `no other request than ${next}`}`,
    () => describeAfter(after),
  )
}

function agrees(vector: Vector, fate: Fate): boolean {
  const { expect } = vector
  switch (expect.kind) {
    case 'served':
      return fate.kind === 'served' && fate.ours && differences(expect.reading, fate).length === 0
    case 'refused':
      return fate.kind !== 'served' && (fate.kind === 'silent' || isRefusal(fate.status))
    case 'body-fault':
      return fate.kind !== 'served'
    case 'agree':
      return fate.kind === 'served'
        ? (fate.ours || mayStillReject(vector, fate)) &&
            expect.readings.some((reading) => differences(reading, fate).length === 0)
        : fate.kind === 'silent' || fate.status === null || fate.status >= 300
  }
}

/** Where the message is suspect as a whole, a server may find that out behind the end of its body. */
function mayStillReject({ closedBy }: Vector, { status }: Served): boolean {
  return closedBy !== null && (status === null || status >= 400)
}

/** A close, a client error, a redirect to the proper form, or "not implemented" and "not this version". */
function isRefusal(status: number | null): boolean {
  return status === null || (status >= 300 && status < 500) || status === 501 || status === 505
}

type Served = Extract<Fate, { kind: 'served' }>

/** How a request in the application departs from a reading of its bytes. */
function differences(reading: Reading, { scope, content }: Served): string[] {
  const found: string[] = []
  if (scope['type'] !== 'http') found.push(`a scope of type ${show(scope['type'])}`)
  if (content.toString('latin1') !== reading.content) found.push(`content ${show(content, 120)}`)
  if (reading.path !== undefined && scope['path'] !== reading.path)
    found.push(`path ${show(scope['path'])}`)
  if (reading.method !== undefined && scope['method'] !== reading.method)
    found.push(`method ${show(scope['method'])}`)
  if (reading.query !== undefined && textOf(scope['query_string']) !== reading.query)
    found.push(`query_string ${show(scope['query_string'])}`)
  const fields = fieldsOf(scope)
  for (const [name, value] of reading.fields ?? []) {
    const values = fields.filter(([key]) => key === name).map(([, text]) => text)
    if (!values.includes(value))
      found.push(`${name}: ${values.length === 0 ? 'absent' : JSON.stringify(values.join('; '))}`)
  }
  for (const [name, value] of fields)
    if (reading.absent?.includes(name) === true || isUnsaid(reading, name, value))
      found.push(`a field ${name}: ${value}`)
  return found
}

function textOf(value: PyValue | undefined): string | null {
  return isBytes(value) ? Buffer.from(value).toString('latin1') : null
}

function isUnsaid({ unsaid = [] }: Reading, name: string, value: string): boolean {
  return unsaid.some(([key, text]) => key === name && value.includes(text))
}

/** Names in lower case; each run of whitespace in a value as one space. */
function fieldsOf(scope: PyDict): (readonly [string, string])[] {
  const headers = scope['headers']
  if (!Array.isArray(headers)) return []
  return headers.flatMap((pair) => {
    const [name, value] = Array.isArray(pair) ? pair : []
    if (!isBytes(name) || !isBytes(value)) return []
    const text = Buffer.from(value)
      .toString('latin1')
      .replaceAll(/[\t ]+/g, ' ')
    return [[Buffer.from(name).toString('latin1').toLowerCase(), text] as const]
  })
}

function expected({ expect }: Vector): string {
  switch (expect.kind) {
    case 'served':
      return `a whole request in the application with ${describeReading(expect.reading)}, answered`
    case 'refused':
      return 'a refusal (4xx, 501, 505, a redirect or a close), and no whole request in the application'
    case 'body-fault':
      return 'no whole request in the application'
    case 'agree':
      return `a refusal, or one request with ${expect.readings.map(describeReading).join(' or ')}`
  }
}

function describeReading({
  content,
  path,
  method,
  query,
  fields,
  absent,
  unsaid,
}: Reading): string {
  return [
    ...(method === undefined ? [] : [`method ${method}`]),
    ...(path === undefined ? [] : [`path ${path}`]),
    ...(query === undefined ? [] : [`query_string ${query}`]),
    ...(fields ?? []).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...(absent ?? []).map((name) => `no field ${name}`),
    ...(unsaid ?? []).map(([name, value]) => `no field ${name}: ${value}`),
    `content ${show(content, 120)}`,
  ].join(', ')
}

function describeFate({ expect }: Vector, fate: Fate): string {
  switch (fate.kind) {
    case 'silent':
      return 'neither a call of the application nor an answer nor a close'
    case 'refused':
      return fate.status === null ? 'a close' : `status ${fate.status}`
    case 'served':
      return describeServed(expect, fate)
  }
}

function describeServed(expect: Vector['expect'], fate: Served): string {
  const readings =
    expect.kind === 'served' ? [expect.reading] : expect.kind === 'agree' ? expect.readings : []
  const departures = readings[0] === undefined ? [] : differences(readings[0], fate)
  const what = `a whole request in the application: ${show(fate.scope['method'])} ${show(fate.scope['path'])}`
  const detail =
    departures.length > 0 ? departures.join(', ') : `content ${show(fate.content, 120)}`
  const wire = fate.ours
    ? ''
    : `, while the wire has ${fate.status === null ? 'a close' : `status ${fate.status}`}`
  return `${what}, ${detail}${wire}`
}

function describeAfter(after: After): string {
  switch (after.kind) {
    case 'closed':
      return 'a close'
    case 'served':
      return `a request for ${after.path}${after.ours ? '' : ' whose answer is not on the wire'}`
    case 'refused':
      return `status ${after.status}`
    case 'silent':
      return 'neither an answer nor a close'
  }
}
