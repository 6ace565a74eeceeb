import type { Clause, Level } from '../../evidence/clause.ts'
import { CLAUSES } from './catalogue.ts'
import { OWN_DOCUMENTATION } from './documents.ts'
import { ASGIREF_COMMIT, type KeywordUse } from './keyword-use.ts'
import { KEYWORD_USES } from './keywords.ts'

const LEVELS: readonly Level[] = ['must', 'should', 'may']

/** The cells of one line of a table. */
type Row = readonly (string | number)[]

const INTRODUCTION = `# The clauses

Generated from \`conformance/clauses/\` by \`npm run docs:clauses\`; a test fails when it is out of date.

A clause is one rule of a specification in our own words. Its id selects it in requirements files and
names the property that exercises it, its section says where to read the original.

**Levels.** A clause has the level of its own sentence: *must* for must, shall, required and forbidden,
*should* for should, recommended, encouraged and ought, *may* for may and need not. A sentence without
such a word that defines a message or the meaning of a key is *must*: the format is the definition.
What a server does about a client that departs from the grammar of HTTP is *should*, unless a sentence
of its own says more (RFC 9112 §2.2, RFC 9110 §2.4).
Where two sentences soften each other, the clause says so and a verdict honours both. A *may* clause
is here so that no verdict holds a freedom against a server; it is testable where it grants the freedom
to the other side, or to the server within limits.

**By definition.** Where the account below finds none of the words in the sentence of a *must*, or a sentence of an RFC
has none, its level says "must, by definition".

**Our reading.** What we take a sentence to say, where its words alone leave that open, stands beside it. Whoever reads
it otherwise is right to weigh such a finding less.

**Since.** The version of the sub-specification that introduced the clause. It is judged only where the
server announces that version or a later one.

**Not testable.** Duties of others (applications, clients, authors of specifications) and sentences that
no observation could contradict. They are part of the catalogue so that its denominator is whole.

**The server's own documentation.** Clauses under \`config/\` and \`process/\` have no standard behind them.
The server is held to its own manual, and only where that manual offers the setting.
`

const ACCOUNT = `## The account of the ASGI texts

Every occurrence of the words must, should and may, in any case, in the five ASGI texts was looked at
(asgiref ${ASGIREF_COMMIT.slice(0, 7)}, HTTP and WebSocket 2.5): it either states a rule, and then the
clauses that hold it have the same level, or it obliges nobody. \`conformance/clauses/keywords.ts\` lists
them by line. Clauses outnumber the words where sentences define a format without any of them.
`

/** The text of docs/clauses.md: a pure function of the catalogue. */
export function clausesDocument(): string {
  const documents = [...new Set(CLAUSES.map((clause) => clause.document))]
  return [
    INTRODUCTION,
    '## How many\n',
    countTable(documents),
    ACCOUNT,
    accountTable(),
    asideTable(),
    ...documents.map(clauseTable),
  ].join('\n')
}

function countTable(documents: readonly string[]): string {
  const rows = documents.map((document) =>
    countRow(
      document,
      CLAUSES.filter((clause) => clause.document === document),
    ),
  )
  return table(
    ['document', ...LEVELS, 'clauses', 'testable'],
    [...rows, countRow('**all**', CLAUSES)],
  )
}

function countRow(name: string, clauses: readonly Clause[]): Row {
  return [
    name,
    ...LEVELS.map((level) => clauses.filter((clause) => clause.level === level).length),
    clauses.length,
    clauses.filter((clause) => clause.untestable === null).length,
  ]
}

function accountTable(): string {
  const rows = [...KEYWORD_USES].map(([document, uses]) => accountRow(document, uses))
  return table(
    ['document: words (of them rules)', ...LEVELS],
    [...rows, accountRow('**all**', [...KEYWORD_USES.values()].flat())],
  )
}

function accountRow(name: string, uses: readonly KeywordUse[]): Row {
  return [
    name,
    ...LEVELS.map((level) => {
      const words = uses.filter((use) => use.keyword === level)
      return `${words.length} (${words.filter((use) => use.aside === null).length})`
    }),
  ]
}

function asideTable(): string {
  const rows = [...KEYWORD_USES].flatMap(([document, uses]) =>
    uses
      .filter((use) => use.aside !== null)
      .map((use) => [`${document}:${use.line}`, use.keyword, use.aside ?? '']),
  )
  return `The words that oblige nobody:\n\n${table(['line', 'word', 'what it does there'], rows)}`
}

function clauseTable(document: string): string {
  const title = document === OWN_DOCUMENTATION ? "The server's own documentation" : document
  const rows = CLAUSES.filter((clause) => clause.document === document).map((clause) => [
    `\`${clause.id}\``,
    clause.byDefinition ? `${clause.level}, by definition` : clause.level,
    clause.specVersion ?? '',
    clause.section,
    [
      clause.paraphrase,
      ...(clause.reading === null ? [] : [`*Our reading: ${clause.reading}*`]),
      ...(clause.untestable === null ? [] : [`*Not testable: ${clause.untestable}*`]),
    ].join(' '),
  ])
  return `## ${title}\n\n${table(['clause', 'level', 'since', 'section', 'what it says'], rows)}`
}

/** A Markdown table that ends with a line feed. */
function table(head: Row, rows: readonly Row[]): string {
  return `${[head, head.map(() => '---'), ...rows].map(tableLine).join('\n')}\n`
}

/** One line of a table; a bar in a cell is escaped. */
function tableLine(cells: Row): string {
  return `| ${cells.map((cell) => String(cell).replaceAll('|', String.raw`\|`)).join(' | ')} |`
}
