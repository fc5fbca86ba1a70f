/** Milliseconds. Shorter work shows no progress. */
const QUIET_MILLISECONDS = 1000;
const REDRAW_MILLISECONDS = 200;

export interface Progress {
  onProgress(bytesRead: number, totalBytes: number | undefined): void;
  /** Clears the line. */
  end(): void;
}

/** One line on a terminal that is rewritten in place. */
export function progressOn(terminal: NodeJS.WriteStream): Progress {
  const start = performance.now();
  let drawn = 0;
  return {
    onProgress(bytesRead, totalBytes) {
      const now = performance.now();
      if (now - start < QUIET_MILLISECONDS || now - drawn < REDRAW_MILLISECONDS) return;
      drawn = now;
      const share =
        totalBytes === undefined || totalBytes === 0 ? '' : ` (${Math.floor((bytesRead / totalBytes) * 100)} %)`;
      terminal.write(`\r\x1b[Kreading: ${(bytesRead / 1e6).toFixed(0)} MB${share}`);
    },
    end() {
      if (drawn > 0) terminal.write('\r\x1b[K');
    },
  };
}
