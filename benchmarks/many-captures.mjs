// Seconds and memory of one run over many captures, each size in a process of its own: how they grow with the number.
//   node benchmarks/many-captures.mjs --copies CAPTURE 100 200 500    copies of one capture, in a folder for scratch files
//   node benchmarks/many-captures.mjs FOLDER...                       the captures of each folder
// The build of another checkout: --of CHECKOUT.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { copies: { type: 'string' }, of: { type: 'string' }, run: { type: 'string' } },
});
const checkout = resolve(values.of ?? join(fileURLToPath(import.meta.url), '../..'));

if (values.run !== undefined) {
  await measure(values.run);
} else {
  console.log('| captures | elapsed s | CPU s | peak MB | s per 100 captures | verdict |\n|---|---|---|---|---|---|');
  for (const what of positionals) {
    const folder = values.copies === undefined ? what : copiesOf(values.copies, Number(what));
    const self = fileURLToPath(import.meta.url);
    process.stdout.write(
      execFileSync(process.execPath, [self, '--run', folder, '--of', checkout], { encoding: 'utf8' }),
    );
    if (values.copies !== undefined) rmSync(folder, { recursive: true });
  }
}

function copiesOf(capture, count) {
  const folder = mkdtempSync(join(tmpdir(), 'many-captures-'));
  for (let at = 0; at < count; at++) copyFileSync(capture, join(folder, `copy${String(at).padStart(4, '0')}.pcap`));
  return folder;
}

async function measure(folder) {
  const { analyze } = await import(join(checkout, 'dist/index.js'));
  const captures = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
  const start = performance.now();
  const { verdict, findings } = await analyze(captures);
  const seconds = (performance.now() - start) / 1000;
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const errors = findings.filter(({ level }) => level === 'error');
  const faults = [...new Set(errors.map(({ ruleId, location }) => `${ruleId} (${location.text})`))];
  const cells = [
    captures.length,
    seconds.toFixed(1),
    ((userCPUTime + systemCPUTime) / 1e6).toFixed(1),
    Math.round(peakKilobytes() / 1024),
    ((seconds / captures.length) * 100).toFixed(2),
    `${verdict?.ruleId ?? 'none'}; errors: ${faults.join(', ') || 'none'}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

/** VmHWM (proc(5)) begins anew with the program; `maxRSS` of a child holds what its parent had when it was started. */
function peakKilobytes() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
