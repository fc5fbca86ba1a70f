/** Wrong options, an unreachable Redis, a run that does not exist: what the user can mend. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
}
