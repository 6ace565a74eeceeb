/** The part of the `ws` library that a defect changes below the reference server. */
declare module 'ws' {
  export class Receiver {
    readonly prototype: object
  }
}
