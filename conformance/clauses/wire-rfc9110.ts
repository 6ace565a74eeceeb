import type { Clause } from '../../evidence/clause.ts'
import { RFC9110 } from './documents.ts'
import { section } from './section.ts'

const STATEMENT = 'A statement of what is expected, without a word such as should.'

const generated = section(RFC9110, '§2.2 Requirements Notation')
const lengths = section(RFC9110, '§2.3 Length Requirements')
const userinfo = section(RFC9110, '§4.2.4 Deprecation of userinfo')
const names = section(RFC9110, '§5.1 Field Names')
const repeated = section(RFC9110, '§5.2 Field Lines and Combined Field Value')
const order = section(RFC9110, '§5.3 Field Order')
const limits = section(RFC9110, '§5.4 Field Limits')
const values = section(RFC9110, '§5.5 Field Values')
const lists = section(RFC9110, '§5.6.1.2 Recipient Requirements')
const dates = section(RFC9110, '§5.6.7 Date/Time Formats')
const control = section(RFC9110, '§6.2 Control Data')
const trailerLimits = section(RFC9110, '§6.5.1 Limitations on Use of Trailers')
const date = section(RFC9110, '§6.6.1 Date')
const trailer = section(RFC9110, '§6.6.2 Trailer')
const connectionField = section(RFC9110, '§7.6.1 Connection')
const upgrade = section(RFC9110, '§7.8 Upgrade')
const contentLength = section(RFC9110, '§8.6 Content-Length')
const methods = section(RFC9110, '§9.1 Overview')
const head = section(RFC9110, '§9.3.2 HEAD')
const connect = section(RFC9110, '§9.3.6 CONNECT')
const expectation = section(RFC9110, '§10.1.1 Expect')
const serverField = section(RFC9110, '§10.2.4 Server')
const informational = section(RFC9110, '§15.2 Informational 1xx')
const noContent = section(RFC9110, '§15.3.5 204 No Content')
const notModified = section(RFC9110, '§15.4.5 304 Not Modified')
const upgradeRequired = section(RFC9110, '§15.5.22 426 Upgrade Required')

const NAME_OF_APPLICATION =
  'It is the server that makes the field line, whoever named the field: it may refuse the event.'

/** HTTP semantics that a gateway answers for, whatever the version on the wire. */
export const RFC9110_CLAUSES: readonly Clause[] = [
  lengths.should(
    'wire/rfc9110/defensive-parsing',
    'Received elements are parsed defensively, expecting neither grammar nor a reasonable size.',
  ),
  userinfo.should(
    'wire/rfc9110/userinfo-is-error',
    'User information in an http or https URI from an untrusted source is an error.',
  ),
  names.should(
    'wire/rfc9110/field-name-token',
    'A field name that is not a token does not match the grammar: it gets 400 (RFC 9112 §2.2).',
  ),
  generated.must(
    'wire/rfc9110/field-name-sent',
    'No field name with control characters or white space is sent, for it is no token (§5.1).',
    { reading: NAME_OF_APPLICATION },
  ),
  generated.must(
    'wire/rfc9110/field-name-delimiters',
    'No field name with a delimiter such as a slash or a bracket is sent, for it is no token (§5.1).',
    { reading: NAME_OF_APPLICATION },
  ),
  names.should(
    'wire/rfc9110/unknown-fields-ignored',
    'Header and trailer fields that the server does not know do not disturb it.',
  ),
  repeated.must(
    'wire/rfc9110/te-lists',
    'Several Transfer-Encoding lines mean one list of their values in order, joined by commas.',
    { definition: true },
  ),
  order.must(
    'wire/rfc9110/field-line-not-repeated',
    'No field line joins one of the same name in a response, but for Set-Cookie and fields whose values make up a list.',
  ),
  order.must(
    'wire/rfc9110/whole-header-section-first',
    'No request is applied before its entire header section has been received.',
  ),
  limits.must(
    'wire/rfc9110/fields-too-large',
    'Fields larger than the server wishes to process get a 4xx, not silence or truncation.',
  ),
  limits.must(
    'wire/rfc9110/fields-too-large-answered',
    'Fields that are too large are answered with an error, not only with a close.',
  ),
  values.must(
    'wire/rfc9110/field-value-whitespace',
    'Whitespace around a field value is not part of it.',
    {
      reading:
        'The bytes that www.rst wants kept are those of the value, which this whitespace is no part of.',
    },
  ),
  values.should(
    'wire/rfc9110/obs-text-opaque',
    'Octets above ASCII in a field value are treated as opaque data.',
  ),
  values.must(
    'wire/rfc9110/field-value-ctl',
    'CR, LF or NUL in a field value makes the message rejected, or each of them is replaced by a space.',
  ),
  values.may(
    'wire/rfc9110/field-value-other-ctl',
    'Other control characters in a field value are invalid, yet may be kept in a safe context.',
  ),
  lists.must(
    'wire/rfc9110/empty-list-elements',
    'A reasonable number of empty elements in a list is ignored.',
  ),
  dates.must('wire/rfc9110/imf-fixdate', 'Dates that are sent have the form of IMF-fixdate.'),
  control.should(
    'wire/rfc9110/response-version',
    'The version of a response is the highest that the server conforms to within the major version asked for.',
  ),
  control.should(
    'wire/rfc9110/higher-minor-version',
    'A request of a higher minor version is processed as the highest one that the server conforms to.',
  ),
  trailerLimits.must(
    'wire/rfc9110/trailers-not-merged',
    'Trailer fields are not merged into the header section unless their definition permits that.',
  ),
  trailer.should(
    'wire/rfc9110/trailer-announced',
    'A response with trailer fields announces them in a Trailer field.',
    { untestable: 'ASGI makes the Trailer field a duty of the application.' },
  ),
  date.should(
    'wire/rfc9110/date-approximates-now',
    'A Date field is the best available approximation of when the message was made.',
  ),
  date.must(
    'wire/rfc9110/date',
    'An origin server with a clock puts a Date field in all 2xx, 3xx and 4xx responses.',
  ),
  date.permits(
    'wire/rfc9110/date-in-1xx-5xx',
    'Responses of status 1xx and 5xx may have a Date field.',
  ),
  connectionField.must(
    'wire/rfc9110/connection-options',
    'Connection options are a list and are compared without regard to case.',
    { definition: true },
  ),
  upgrade.should(
    'wire/rfc9110/upgrade-optional',
    'An Upgrade field insists on nothing: what is not taken up is no reason to refuse the request.',
    { reading: STATEMENT },
  ),
  upgrade.permits(
    'wire/rfc9110/upgrade-ignored',
    'A server may ignore an Upgrade field and go on with the current protocol.',
  ),
  upgrade.must(
    'wire/rfc9110/upgrade-only-to-offered',
    'A server switches only to a protocol that the Upgrade field of the request names.',
  ),
  upgrade.should(
    'wire/rfc9110/upgrade-request-satisfied',
    'A server that has switched satisfies the request in the new protocol, without its being repeated.',
    { reading: STATEMENT },
  ),
  upgrade.must(
    'wire/rfc9110/upgrade-in-101',
    'A 101 response names the new protocol in its Upgrade field.',
  ),
  upgrade.must(
    'wire/rfc9110/upgrade-connection-option',
    'A message with an Upgrade field has the option "upgrade" in its Connection field.',
  ),
  upgrade.should(
    'wire/rfc9110/upgrade-case-insensitive',
    'Protocol names in Upgrade are compared without regard to case.',
  ),
  upgrade.must(
    'wire/rfc9110/upgrade-http10-ignored',
    'An Upgrade field in an HTTP/1.0 request is ignored.',
  ),
  upgrade.must(
    'wire/rfc9110/upgrade-after-100',
    'With both Upgrade and an expectation of 100-continue, the 100 comes before the 101.',
  ),
  contentLength.must(
    'wire/rfc9110/no-content-length-in-204',
    'No response of status 1xx or 204 carries Content-Length.',
    {
      reading:
        'It is the server that sends the field, whoever wrote it: to refuse the event keeps this sentence and the one of www.rst that headers are preserved. RFC 9113 §8.1.1 spares the recipient of such a field, not who sends it.',
    },
  ),
  contentLength.must(
    'wire/rfc9110/head-content-length',
    'Content-Length in a response to HEAD is the one that GET would have had, or is absent.',
  ),
  contentLength.must(
    'wire/rfc9110/304-content-length',
    'Content-Length in a 304 is the one that a 200 would have had, or is absent.',
  ),
  contentLength.should(
    'wire/rfc9110/content-length-when-known',
    'Without Transfer-Encoding a response whose size is known beforehand has a Content-Length.',
  ),
  contentLength.must(
    'wire/rfc9110/content-length-overflow',
    'Large Content-Length values neither overflow nor lose precision.',
  ),
  contentLength.may(
    'wire/rfc9110/content-length-repeated',
    'A list of equal Content-Length values may be rejected, or be read as that one value.',
  ),
  methods.must(
    'wire/rfc9110/method-case-sensitive',
    'The method token is case-sensitive, while ASGI defines the name it passes on as uppercased.',
    { definition: true },
  ),
  methods.must('wire/rfc9110/get-and-head', 'A general-purpose server supports GET and HEAD.'),
  methods.should(
    'wire/rfc9110/unknown-method',
    'A method that nobody on the server recognises gets 501; under ASGI the application decides.',
    {
      untestable:
        'The gateway passes methods on, so that the answer is the choice of the application.',
    },
  ),
  head.must('wire/rfc9110/head-no-content', 'A response to HEAD has no content.'),
  head.should(
    'wire/rfc9110/head-same-fields',
    'HEAD gets the fields that GET would get, except those that only making the content determines.',
  ),
  connect.must(
    'wire/rfc9110/connect-invalid-port',
    'A CONNECT request with an empty or invalid port is rejected.',
  ),
  connect.must(
    'wire/rfc9110/connect-without-length',
    'A 2xx response to CONNECT carries neither Transfer-Encoding nor Content-Length.',
    { reading: 'It is the server that sends the field, whoever wrote it.' },
  ),
  expectation.must(
    'wire/rfc9110/expect-100',
    'A request of HTTP/1.1 or later that expects 100-continue and announces content gets a 100 or a final status at once.',
  ),
  expectation.must(
    'wire/rfc9110/expect-100-in-list',
    'An expectation of 100-continue in a list of several elements has the effect of one alone.',
    {
      reading:
        'Expect is a list, so that a section contains the expectation also where it is named twice, or beside an empty element (§5.6.1.2).',
    },
  ),
  expectation.must(
    'wire/rfc9110/expect-100-not-withheld',
    'The 100 response does not wait for the content that it invites.',
  ),
  expectation.must(
    'wire/rfc9110/expect-100-http10',
    'The expectation of 100-continue in an HTTP/1.0 request is ignored.',
  ),
  expectation.permits(
    'wire/rfc9110/expect-100-omitted',
    'The 100 response may be left out when content has already arrived or none is announced.',
  ),
  expectation.must(
    'wire/rfc9110/expect-100-final',
    'After a 100 response a final status is sent, unless the connection is closed before.',
  ),
  expectation.should(
    'wire/rfc9110/expect-final-says-close',
    'A final status instead of reading the content tells whether the connection closes or the rest is discarded.',
  ),
  expectation.permits(
    'wire/rfc9110/expect-unknown',
    'An expectation other than 100-continue may get 417.',
  ),
  serverField.permits('wire/rfc9110/server-field', 'Responses may have a Server field.'),
  serverField.should(
    'wire/rfc9110/server-field-brief',
    'A Server field does not tell needlessly fine details.',
    { untestable: 'What is needlessly fine has no measure that every reader would accept.' },
  ),
  informational.must(
    'wire/rfc9110/no-1xx-to-http10',
    'No response of status 1xx is sent to an HTTP/1.0 client.',
  ),
  noContent.must(
    'wire/rfc9110/204-no-content',
    'A 204 response ends with its header section: it has neither content nor trailers.',
    { definition: true },
  ),
  notModified.must(
    'wire/rfc9110/304-no-content',
    'A 304 response ends with its header section: it has neither content nor trailers.',
    { definition: true },
  ),
  upgradeRequired.must(
    'wire/rfc9110/426-upgrade-field',
    'A 426 response names the required protocols in an Upgrade field.',
  ),
  date.must(
    'wire/rfc9110/date-of-own-errors',
    'The 4xx responses that a server makes itself, without its application, have a Date field like all others.',
  ),
]
