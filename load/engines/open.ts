import { AutocannonEngine } from './autocannon.ts'
import type { Engine, EngineName, EngineOrReason } from './engine.ts'
import { findK6 } from './find-k6.ts'
import { K6Engine } from './k6.ts'

/** The generators of one load run, each looked for once and kept until the end. */
export class Engines {
  readonly #opened = new Map<EngineName, Promise<EngineOrReason>>()

  open(name: EngineName): Promise<EngineOrReason> {
    const known = this.#opened.get(name)
    if (known !== undefined) return known
    const opened = openEngine(name)
    this.#opened.set(name, opened)
    return opened
  }

  async close(): Promise<void> {
    const opened = await Promise.all(this.#opened.values())
    const engines = opened.flatMap((each): Engine[] => ('engine' in each ? [each.engine] : []))
    await Promise.all(engines.map((engine) => engine.close()))
  }
}

async function openEngine(name: EngineName): Promise<EngineOrReason> {
  switch (name) {
    case 'autocannon':
      return { engine: new AutocannonEngine() }
    case 'k6': {
      const found = await findK6()
      return 'reason' in found ? found : { engine: new K6Engine(found) }
    }
  }
}
