import {
  DEFAULT_FRAME_SIZE,
  ERROR,
  FRAME,
  type Frame,
  LARGEST_WINDOW,
  promiseFrame,
  SETTING,
  settingsFrame,
} from '../../http2/frame.ts'
import { type Breach, blockOf, frame, opened } from './breaches.ts'

/** RFC 9113 §6.5 to §6.8 and §8.4: what concerns the connection, wrong in its place or in what it says. */
export const CONNECTION_BREACHES: Readonly<Record<string, Breach>> = {
  'a PING on a stream': onStream('ping', frame(FRAME.ping, 0, 1, 8)),
  'SETTINGS on a stream': onStream('settings', frame(FRAME.settings, 0, 1, 0)),
  'GOAWAY on a stream': onStream('goaway', frame(FRAME.goaway, 0, 1, 8)),
  'a push that is neither on nor off': ofValue(SETTING.enablePush, 2, ERROR.protocol),
  'an initial window beyond all bounds': ofValue(
    SETTING.initialWindowSize,
    LARGEST_WINDOW + 1,
    ERROR.flowControl,
  ),
  'a largest frame below the least one': ofValue(
    SETTING.maxFrameSize,
    DEFAULT_FRAME_SIZE - 1,
    ERROR.protocol,
  ),
  'a largest frame beyond the format': ofValue(SETTING.maxFrameSize, 2 ** 24, ERROR.protocol),
  'a PUSH_PROMISE': {
    clause: 'wire/rfc9113/push-by-client',
    codes: [ERROR.protocol],
    frames: (trial, client) => [
      ...opened(trial, client, false),
      promiseFrame(1, 2, blockOf(trial, client, 2)),
    ],
  },
}

/** On a stream that is open: nothing else is wrong. */
function onStream(which: 'ping' | 'settings' | 'goaway', stray: Frame): Breach {
  return {
    clause: `wire/rfc9113/${which}-of-connection`,
    codes: [ERROR.protocol],
    frames: (trial, client) => [...opened(trial, client, false), stray],
  }
}

function ofValue(setting: number, value: number, code: number): Breach {
  return {
    clause: 'wire/rfc9113/setting-values',
    codes: [code],
    frames: () => [settingsFrame([[setting, value]])],
  }
}
