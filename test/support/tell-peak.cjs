// Loaded with --require: the last line of standard error is the largest resident size of the process, in bytes.
const { readFileSync } = require('node:fs');

/** VmHWM (proc(5)) begins anew with the program; `maxRSS` of a child holds what its parent had when it was started. */
function peak() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
process.on('exit', () => process.stderr.write(`\n${peak()}`));
