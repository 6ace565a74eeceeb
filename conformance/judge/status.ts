/** RFC 9110 §15.5: the client is told that it is at fault; a failure of the server is no refusal. */
export function isClientError(status: number | null | undefined): boolean {
  return status !== null && status !== undefined && status >= 400 && status < 500
}
