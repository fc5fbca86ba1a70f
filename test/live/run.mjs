// node test/live/run.mjs [--only TEXT] [--write] [--jobs N]: builds each fault in network namespaces, runs the report's
// commands on the machines that they name, and checks what they show while the fault stands and after it is gone.
// --write puts the table into docs/live.md. Needs root and the lab beside the repository.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FAULTS } from './faults.mjs';
import { tableOf } from './table.mjs';

const argv = process.argv.slice(2);
const option = (name, fallback) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : fallback);
const engine = resolve('../shared/lab/engine');
const TOOLS = [
  'ip',
  'bridge',
  'nft',
  'iptables',
  'conntrack',
  'tcpdump',
  'tshark',
  'ping',
  'nc',
  'dig',
  'curl',
  'ss',
  'nstat',
  'dnsmasq',
  'python3',
];
/** Fewest faults that must pass. */
const LEAST = 30;
const FAULT_SECONDS = 170;
/** Faults after which the run ends if the lab could build none of them: this machine has no such namespaces. */
const TRIED_FIRST = 4;
const NO_RESULT = 'no result';

function whyNot() {
  if (process.getuid?.() !== 0) return 'it needs root, for network namespaces';
  if (!existsSync(join(engine, 'lab.py'))) return `the lab is not there (${engine})`;
  const missing = TOOLS.filter((tool) => spawnSync('which', [tool]).status !== 0);
  return missing.length > 0 ? `these tools are missing: ${missing.join(', ')}` : undefined;
}

const because = whyNot();
if (because !== undefined) {
  console.log(`live: SKIPPED: ${because}`);
  process.exit(0);
}

const only = option('--only', '');
const faults = FAULTS.filter((id) => id.includes(only));
const queue = [...faults];
const results = [];
const work = join(tmpdir(), 'pcapdiag-live');
mkdirSync(work, { recursive: true });

function runOne(id, slot) {
  return new Promise((done) => {
    const child = spawn(
      'timeout',
      [
        String(FAULT_SECONDS),
        'python3',
        join(engine, 'lab.py'),
        'live',
        id,
        '--slot',
        String(slot),
        '--',
        process.execPath,
        'test/live/one-fault.mjs',
        id,
      ],
      {
        env: { ...process.env, LAB_WORK: work, LAB_OUT: join(work, 'out'), LAB_APP: join(engine, 'app.py') },
      },
    );
    let out = '';
    let error = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (error += text));
    child.on('close', () => {
      const line = out.split('\n').find((one) => one.startsWith('{'));
      done(
        line === undefined
          ? { id, failed: `${NO_RESULT}: ${(error || out).trim().split('\n').at(-1) ?? ''}` }
          : JSON.parse(line),
      );
    });
  });
}

/**
 * A fault passes when each command of its likely cause that can be tested shows what it says while the fault stands, at
 * least one of them no longer afterwards (others show what is so either way: that packets leave, what one of two nodes
 * has configured), and traffic works then.
 */
export function verdictOf({ failed, works, commands = [] }) {
  if (failed !== undefined) return failed;
  const tested = commands.filter(({ before }) => before !== undefined);
  // What another cause would show need not be seen: then it rules that cause out.
  const wrong = tested.filter(({ before, isMain }) => isMain && !before.holds);
  const told = tested.filter(({ before, after, isMain }) => isMain && before.holds && !after.holds);
  if (!tested.some(({ isMain }) => isMain)) return 'no command of the likely cause was tested';
  if (wrong.length > 0) return `not shown while the fault stands: ${wrong[0].command} (${wrong[0].before.output})`;
  if (told.length === 0) return `still shown after the fix: ${tested.map(({ command }) => command).join(' · ')}`;
  return works ? 'ok' : 'the traffic does not work after the fix';
}

/** Whether no fault could be built, so that no command was run at all. */
const isWithoutLab = () => results.every(({ verdict }) => verdict.startsWith(NO_RESULT));

async function worker(slot) {
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    let result = await runOne(id, slot);
    // Timing of a loaded machine may spoil a recording once.
    if (verdictOf(result) !== 'ok') result = await runOne(id, slot);
    result.verdict = verdictOf(result);
    results.push(result);
    if (results.length === TRIED_FIRST && isWithoutLab()) queue.length = 0;
    console.log(
      `${result.verdict === 'ok' ? 'ok  ' : 'FAIL'} ${id}${result.verdict === 'ok' ? '' : `: ${result.verdict}`}`,
    );
  }
}

await Promise.all(Array.from({ length: Number(option('--jobs', 2)) }, (_, slot) => worker(slot + 40)));
results.sort((a, b) => faults.indexOf(a.id) - faults.indexOf(b.id));
const passed = results.filter(({ verdict }) => verdict === 'ok').length;
if (argv.includes('--write')) writeFileSync('docs/live.md', tableOf(results));
console.log(`live: ${passed} of ${results.length} faults passed`);
if (isWithoutLab()) {
  console.log('live: SKIPPED: the lab can build no fault on this machine (network namespaces, nftables, VXLAN)');
  process.exit(0);
}
process.exitCode = passed >= Math.min(LEAST, faults.length) ? 0 : 1;
