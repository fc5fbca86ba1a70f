/** What is wrong, for programs. */
export type ErrorCode =
  | 'not-a-capture'
  | 'empty-file'
  | 'unsupported-format'
  | 'cannot-read'
  | 'corrupt-header'
  | 'bad-option'
  | 'limit-exceeded'
  | 'stopped';

/**
 * The caller used the API wrongly, or the input as a whole cannot be used: exit status 2. Bad packets inside a capture
 * never throw.
 */
export class PcapdiagError extends Error {
  /** What is wrong. */
  readonly code: ErrorCode;
  /** File that the error is about, if any. */
  readonly path: string | undefined;
  /** Offset in the (decompressed) file, in bytes. */
  readonly offset: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    where: { path?: string | undefined; offset?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, where.cause === undefined ? undefined : { cause: where.cause });
    this.name = 'PcapdiagError';
    this.code = code;
    this.path = where.path;
    this.offset = where.offset;
  }
}
