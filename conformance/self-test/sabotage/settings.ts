import type { SettingSource, Settings } from '../../../targets/settings.ts'
import type { Sabotage } from './sabotage.ts'

/** Changes what the server is told by one source. */
export function settings(source: SettingSource, edit: (given: Settings) => Settings): Sabotage {
  return {
    launch: (request) => {
      const given = request.settings?.[source]
      if (given === undefined) return request
      return { ...request, settings: { ...request.settings, [source]: edit(given) } }
    },
  }
}
