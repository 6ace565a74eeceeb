import { join } from 'node:path'
import { type QualificationRecord, TRIVIAL_LIMIT } from '../runs/qualification.ts'
import { paintVerdict, penFor } from './style.ts'
import { shortPath } from './summary.ts'
import { formatTable } from './table.ts'

/** How many planted defects were seen, which were not, and what trivial servers score. */
export function describeQualification(record: QualificationRecord, folder: string): string {
  const pen = penFor(process.stdout)
  const { mutants, trivialServers, verdict, complete, seed } = record
  const survivors = mutants.filter(({ killed }) => !killed)
  const rows = [
    ...survivors.map(({ id, clause }) => [pen.red('survived'), id, clause]),
    ...trivialServers.map(({ id, score }) => [
      score <= TRIVIAL_LIMIT ? pen.green('refused') : pen.red('praised'),
      id,
      `scores ${Math.round(score * 100)} %`,
    ]),
  ]
  return [
    `${mutants.length - survivors.length} of ${mutants.length} planted defects were found by the property that names their clause; seed ${seed}\n`,
    formatTable(rows),
    `\n${pen.bold('verdict')}  ${paintVerdict(verdict, pen)}${complete ? '' : ' (incomplete)'}\n`,
    `${pen.bold('record')}   ${join(shortPath(folder), 'qualification.json')}\n`,
  ].join('')
}
