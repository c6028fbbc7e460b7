/** What every use case and port call may be given: `signal` ends the call early with the signal's reason. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}
