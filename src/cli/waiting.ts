/** Says that standard input is a terminal: else a person sees a program that does nothing. */
export function tellWaiting(): void {
  if (process.stdin.isTTY)
    process.stderr.write('pcapdiag: waiting for standard input, which is a terminal (Ctrl-C ends)\n');
}
