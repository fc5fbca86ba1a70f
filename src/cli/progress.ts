/** Milliseconds. Shorter work shows no progress. */
const QUIET_MILLISECONDS = 1000;
const REDRAW_MILLISECONDS = 200;

export interface Progress {
  onProgress(bytesRead: number, totalBytes: number | undefined): void;
  /** Clears the line. */
  end(): void;
}

/** One line for all files on a terminal, rewritten in place: how much, how fast, and how long it will take. */
export function progressOn(terminal: Pick<NodeJS.WriteStream, 'write'>, clock = () => performance.now()): Progress {
  const start = clock();
  let drawn = 0;
  return {
    onProgress(bytesRead, totalBytes) {
      const now = clock();
      if (now - start < QUIET_MILLISECONDS || now - drawn < REDRAW_MILLISECONDS) return;
      drawn = now;
      terminal.write(`\r\x1b[Kreading: ${progressText(bytesRead, totalBytes, (now - start) / 1000)}`);
    },
    end() {
      if (drawn > 0) terminal.write('\r\x1b[K');
    },
  };
}

/** `120 of 400 MB (30 %), 60 MB/s, 5 s left`; without a total, the first and the rate. */
export function progressText(bytesRead: number, totalBytes: number | undefined, seconds: number): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  const rate = bytesRead / seconds;
  const perSecond = `${(rate / 1e6).toFixed(rate < 1e7 ? 1 : 0)} MB/s`;
  if (totalBytes === undefined || totalBytes === 0) return `${megabytes(bytesRead)} MB, ${perSecond}`;
  const share = Math.min(100, Math.floor((bytesRead / totalBytes) * 100));
  const read = `${megabytes(bytesRead)} of ${megabytes(totalBytes)} MB (${share} %), ${perSecond}`;
  const left = Math.max(0, totalBytes - bytesRead) / rate;
  return Number.isFinite(left) ? `${read}, ${duration(left)} left` : read;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
