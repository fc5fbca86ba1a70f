/**
 * What a new user types, right and wrong, against the installed package: first line and exit status of each. Lines run
 * two at a time.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FORMATS } from '../../src/cli/analyze-arguments.ts';
import { COMMAND_NAMES, COMMANDS } from '../../src/cli/command-table.ts';
import { installedCommand } from '../support/installed.ts';

const folder = mkdtempSync(join(tmpdir(), 'first-minutes-'));
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
afterAll(() => rmSync(folder, { recursive: true }));

const SAYS_NOTHING_JUDGED = 'pcapdiag: nothing could be judged (exit status 2; --allow-nothing makes it 0)';
const PLAN = 'plan --pod shop/web-0 --node node1 --cni flannel';

/** Command line, exit status, and the first line: of standard error where there is one, else of standard output. */
const LINES: readonly (readonly [line: string, status: number, first: string | RegExp])[] = [
  ['', 2, 'pcapdiag: name captures to analyze, or a command (pcapdiag --help lists both)'],
  ['-h', 0, 'pcapdiag FILE...'],
  ['--help', 0, 'pcapdiag FILE...'],
  ['help', 0, 'pcapdiag FILE...'],
  ['help plan', 0, 'pcapdiag plan [OPTIONS]'],
  ['help plam', 2, 'pcapdiag: no command is called "plam"; did you mean plan?'],
  ['-V', 0, version],
  ['--version', 0, version],
  ['analyze --version', 0, version],
  ['analyze -h', 0, 'pcapdiag analyze [OPTIONS] FILE...'],
  ['mcp --help', 0, 'pcapdiag mcp [OPTIONS]'],
  ['mcp --root no-such-folder', 2, /^pcapdiag: --root/],
  ['digest', 2, 'pcapdiag: name at least one capture (see pcapdiag digest --help)'],
  ['digest --help', 0, 'pcapdiag digest [OPTIONS] FILE...'],
  ['correlate pod.pcap', 2, 'pcapdiag: pod.pcap: no digest that can be used: it does not begin as a digest does'],
  ['rows pod.pcap', 2, 'pcapdiag: rows needs --wanted (see pcapdiag rows --help)'],
  ['explain --help', 0, 'pcapdiag explain [OPTIONS] [RULE]'],
  ['mtr -h', 0, 'pcapdiag mtr [OPTIONS] REPORT...'],
  ['plan -h', 0, 'pcapdiag plan [OPTIONS]'],
  ['completion --help', 0, 'pcapdiag completion SHELL'],
  ['pod.pcap', 1, /^FAULT {2}Large packets/],
  ['analyze pod.pcap', 1, /^FAULT {2}Large packets/],
  ['-q pod.pcap', 1, /^FAULT {2}Large packets/],
  ['pod.pcap -f json', 1, '{'],
  ['pod.pcap -fmarkdown', 1, /^#/],
  ['-qf json pod.pcap', 1, '{'],
  ['--fail-on never pod.pcap', 0, /^FAULT/],
  ['--max-warnings few pod.pcap', 2, 'pcapdiag: --max-warnings must be a whole number from 0, not "few"'],
  ['baseline erase pod.pcap', 2, 'pcapdiag: baseline must be told to write, update, prune, not "erase"'],
  [
    'diff pod.pcap',
    2,
    'pcapdiag: name a golden recording and the present one: each a capture, a folder or an archive (see pcapdiag diff --help)',
  ],
  ['check missing.yml', 2, /^pcapdiag: ENOENT.*missing\.yml/],
  ['healthy.pcap', 0, /^OK/],
  ['captures', 1, /^FAULT {2}Large packets/],
  ['captures/', 1, /^FAULT {2}Large packets/],
  ['-o report.txt healthy.pcap', 0, ''],
  ['-o healthy.pcap healthy.pcap', 2, 'pcapdiag: --output: healthy.pcap would overwrite healthy.pcap, which is read'],
  ['--point healthy.pcap=node1/eth0 healthy.pcap', 0, /^OK/],
  [
    '--point helthy.pcap=node1/eth0 healthy.pcap',
    2,
    'pcapdiag: --point: no capture that is read is called "helthy.pcap"; did you mean healthy.pcap?',
  ],
  ['--point healthy.pcap healthy.pcap', 2, 'pcapdiag: --point must be FILE=HOST/INTERFACE, not "healthy.pcap"'],
  ['analyse pod.pcap', 2, 'pcapdiag: "analyse" is no command and no file; did you mean analyze?'],
  ['analyze', 2, 'pcapdiag: name at least one capture to analyze (see pcapdiag analyze --help)'],
  ['frobnicate', 2, 'pcapdiag: "frobnicate" is no command and no file (pcapdiag --help lists the commands)'],
  ['missing.pcap', 2, /^pcapdiag: cannot read missing\.pcap: ENOENT/],
  ['pod.pcap missing.pcap', 2, /^pcapdiag: cannot read missing\.pcap: ENOENT/],
  ['broken.pcap', 2, /^pcapdiag: broken\.pcap: /],
  ['empty', 2, /^pcapdiag: no captures in folder empty/],
  ['quiet.pcap', 2, SAYS_NOTHING_JUDGED],
  ['--strict quiet.pcap', 2, SAYS_NOTHING_JUDGED],
  ['--allow-nothing quiet.pcap', 0, /^OK|^UNDECIDED|^[A-Z]/],
  ['cut.pcap', 0, /^OK/],
  ['--strict cut.pcap', 2, 'pcapdiag: a capture is damaged (--strict)'],
  ['pod.pcap --formt json', 2, 'pcapdiag: there is no option --formt; did you mean --format?'],
  ['pod.pcap --outptu x', 2, 'pcapdiag: there is no option --outptu; did you mean --output?'],
  ['pod.pcap -Z', 2, 'pcapdiag: there is no option -Z (see --help)'],
  ['pod.pcap --format', 2, `pcapdiag: --format needs a value: --format ${FORMATS.join('|')}`],
  [
    'pod.pcap --format jsno',
    2,
    `pcapdiag: --format must be one of ${FORMATS.join(', ')}, not "jsno"; did you mean json?`,
  ],
  [
    'pod.pcap --fail-on warnings',
    2,
    'pcapdiag: --fail-on must be one of error, warning, note, never, not "warnings"; did you mean warning?',
  ],
  ['pod.pcap --pod-cidr 10.0.0.0/33', 2, 'pcapdiag: --pod-cidr: "10.0.0.0/33" is no range such as 10.96.0.0/12'],
  ['pod.pcap --dns 10.0.0.256', 2, 'pcapdiag: --dns: "10.0.0.256" is no IP address'],
  ['pod.pcap --memory-limit lots', 2, 'pcapdiag: --memory-limit must be a size such as 512M, not "lots"'],
  ['pod.pcap -f json -f text', 2, 'pcapdiag: --format may be given once only'],
  ['pod.pcap --inventory missing.json', 2, /^pcapdiag: --inventory: ENOENT/],
  ['- -', 2, 'pcapdiag: standard input (-) can be read only once'],
  ['--filter arp healthy.pcap', 2, SAYS_NOTHING_JUDGED],
  [
    '--filter sctp healthy.pcap',
    2,
    SAYS_NOTHING_JUDGED.replace('nothing could be judged', 'there are no packets to judge'),
  ],
  ['--filter tcp healthy.pcap', 0, /^OK/],
  [
    '--filter tpc healthy.pcap',
    2,
    'pcapdiag: "tpc" needs a word before it that says what it is, such as host, net or port',
  ],
  ['--between 0 5 pod.pcap', 1, /^[A-Z]+/],
  ['--between 0 --quiet pod.pcap', 2, 'pcapdiag: --between needs a value: --between TIME TIME'],
  ['--inside pod.pcap', 2, 'pcapdiag: --inside goes with --filter'],
  ['--conversation 10.0.0.1 pod.pcap', 2, /^pcapdiag: "10\.0\.0\.1" is no conversation/],
  ['explain', 2, 'pcapdiag: explain needs the id of a rule; --list shows them'],
  ['explain mtu-black-hole', 0, '# mtu-black-hole'],
  ['explain mtu-blackhole', 2, 'pcapdiag: no rule is called "mtu-blackhole"; did you mean mtu-black-hole?'],
  ['explain --list', 0, /^[a-z0-9-]+ +[a-z-]+ +(error|warning|note) /],
  ['explain --lsit', 2, 'pcapdiag: there is no option --lsit; did you mean --list?'],
  ['packets pod.pcap', 0, '      1      0.000000  ARP who has 10.20.30.157, tell 10.20.30.202'],
  ['packets -x --filter sctp pod.pcap', 0, ''],
  ['packets', 2, 'pcapdiag: name at least one capture (see pcapdiag packets --help)'],
  ['packets missing.pcap', 2, /^pcapdiag: cannot read missing\.pcap: ENOENT/],
  ['flows pod.pcap', 0, /^# {2}protocol {2}client/],
  ['flows --json pod.pcap', 0, '['],
  ['flows --sort size pod.pcap', 2, /^pcapdiag: --sort must be one of number, packets, /],
  ['flows --top many pod.pcap', 2, 'pcapdiag: --top must be a number from 1, not "many"'],
  ['flow pod.pcap', 2, 'pcapdiag: "flow" is no command and no file; did you mean flows?'],
  ['follow pod.pcap 1', 0, /^--- 10\./],
  ['follow pod.pcap 99', 2, /^pcapdiag: there is no flow 99: the flows are 1 to /],
  ['follow pod.pcap', 2, /^pcapdiag: name a capture and the number of a flow/],
  ['follow pod.pcap first', 2, 'pcapdiag: "first" is no number of a flow; pcapdiag flows lists them'],
  [
    'export --finding 1 -o evidence.pcapng pod.pcap',
    0,
    /^pcapdiag: \d+ packets, \d+ of them with comments, in evidence/,
  ],
  // The first octet of pcapng is a line feed.
  ['export --filter arp pod.pcap', 0, ''],
  ['export', 2, 'pcapdiag: name at least one capture (see pcapdiag export --help)'],
  ['export --finding 99 -o x.pcapng pod.pcap', 2, /^pcapdiag: there is no finding 99: the report has \d+ \(/],
  ['export --finding mtu-blackhole -o x.pcapng pod.pcap', 2, /^pcapdiag: there is no finding mtu-blackhole: /],
  ['export --whole -o x.pcapng pod.pcap', 2, 'pcapdiag: --whole goes with --finding'],
  ['export --redact --finding 1 -o redacted.pcapng pod.pcap', 0, /^pcapdiag: \d+ packets, \d+ of them with comments/],
  ['-q --redact-key k pod.pcap', 1, /^FAULT {2}Large packets/],
  [
    '--redact-key k --redact-key-file key pod.pcap',
    2,
    'pcapdiag: --redact-key and --redact-key-file: give one of them',
  ],
  ['--redact-key-file missing pod.pcap', 2, /^pcapdiag: --redact-key-file: ENOENT/],
  ['--redact --redact-key', 2, 'pcapdiag: --redact-key needs a value: --redact-key KEY'],
  ['export --filter sctp -o x.pcapng pod.pcap', 2, 'pcapdiag: no packet is selected; x.pcapng is not written'],
  ['export --filter tpc -o x.pcapng pod.pcap', 2, /^pcapdiag: "tpc" needs a word before it/],
  ['export -o pod.pcap pod.pcap', 2, 'pcapdiag: --output: pod.pcap would overwrite pod.pcap, which is read'],
  ['export -o healthy.pcap pod.pcap', 2, /^pcapdiag: --output: healthy\.pcap is a capture; delete it first/],
  ['export -o x.pcapng -', 2, /^pcapdiag: standard input can be read only once/],
  ['packets --pod shop/web-0 pod.pcap', 2, 'pcapdiag: --pod goes with --inventory, which tells its addresses'],
  [
    'flows --pod shop/web-1 --inventory pods.json pod.pcap',
    2,
    'pcapdiag: --pod: the inventory has no pod "shop/web-1" with an address of its own; did you mean shop/web-0?',
  ],
  ['packets --pod shop/web-0 --inventory pods.json --filter ip pod.pcap', 0, /10\.20\.30\.202/],
  ['-q --pod shop/web-0 --inventory pods.json pod.pcap', 1, /^FAULT/],
  ['stats pod.pcap', 0, /^\d+ packets, /],
  ['mtr', 2, 'pcapdiag: name at least one report of mtr (see pcapdiag mtr --help)'],
  ['mtr report.mtr', 1, /^FAULT|^LOSS|node1/],
  ['mtr pod.pcap', 2, /^pcapdiag: pod\.pcap: no report of mtr/],
  ['plan', 2, 'pcapdiag: plan needs --pod, --node, --cni, --target (see pcapdiag plan --help)'],
  [`${PLAN} --target 10.244.2.7:80`, 0, /node1/],
  [`${PLAN} --target web`, 2, /^pcapdiag: target must be ADDRESS:PORT/],
  ['plan --cni flanel', 2, /^pcapdiag: --cni must be one of flannel, .*; did you mean flannel\?$/],
  ['completion', 2, 'pcapdiag: name the shell: bash, zsh or fish (see pcapdiag completion --help)'],
  ['completion bsh', 2, 'pcapdiag: completion is made for bash, zsh, fish, not for "bsh"; did you mean bash?'],
  ['completion zsh', 0, '#compdef pcapdiag'],
];

beforeAll(() => {
  const to = (name: string) => join(folder, name);
  const pcaps = resolve('test/pcaps');
  const healthy = readFileSync(join(pcaps, 'healthy-pmtud/client__eth0.pcap'));
  copyFileSync(join(pcaps, 'case-2/client__eth0.pcap'), to('pod.pcap'));
  writeFileSync(to('healthy.pcap'), healthy);
  writeFileSync(to('cut.pcap'), healthy.subarray(0, -10));
  // The first record of the capture, alone: a SYN, of which nothing follows.
  writeFileSync(to('quiet.pcap'), healthy.subarray(0, 24 + 16 + healthy.readUInt32LE(24 + 8)));
  writeFileSync(to('broken.pcap'), 'this is no capture, whatever its name says');
  writeFileSync(
    to('report.mtr'),
    'HOST: node1  Loss%  Snt  Last  Avg  Best  Wrst  StDev\n  1.|-- 10.9.0.1  20%  100  1  1  1  1  0\n',
  );
  writeFileSync(
    to('pods.json'),
    JSON.stringify({
      kind: 'PodList',
      items: [{ metadata: { namespace: 'shop', name: 'web-0' }, status: { podIP: '10.20.30.202' } }],
    }),
  );
  mkdirSync(to('captures'));
  copyFileSync(to('pod.pcap'), to('captures/pod.pcap'));
  mkdirSync(to('empty'));
});

interface Outcome {
  status: number | null;
  first: string;
  stack: boolean;
}

function run(line: string): Promise<Outcome> {
  const argv = line === '' ? [] : line.split(' ');
  const child = spawn(process.execPath, [installedCommand(), ...argv], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  const said = { out: '', error: '' };
  child.stdout.on('data', (text) => (said.out += text));
  child.stderr.on('data', (text) => (said.error += text));
  return new Promise((done) =>
    child.on('close', (status) =>
      done({ status, first: (said.error || said.out).split('\n')[0], stack: /^ {4}at /m.test(said.error) }),
    ),
  );
}

test('60 command lines and mistakes: status and first line', async () => {
  expect(LINES.length).toBeGreaterThanOrEqual(60);
  const outcomes = new Map<string, Outcome>();
  const waiting = LINES.values();
  const lane = async (): Promise<void> => {
    for (const [line] of waiting) outcomes.set(line, await run(line));
  };
  await Promise.all([lane(), lane()]);
  const wrong = LINES.flatMap(([line, status, first]) => {
    const outcome = outcomes.get(line);
    const isRight =
      outcome?.status === status &&
      !outcome.stack &&
      (typeof first === 'string' ? outcome.first === first : first.test(outcome.first));
    return isRight ? [] : [[line, status, String(first), outcome]];
  });
  expect(wrong).toEqual([]);
});

test('every command is tried', () => {
  const tried = new Set(LINES.map(([line]) => line.split(' ')[0]));
  expect(COMMAND_NAMES.filter((name) => !tried.has(name))).toEqual([]);
});

test('help names every option of every command', async () => {
  for (const name of COMMAND_NAMES) {
    const { helpText } = await import('../../src/cli/help-text.ts');
    const text = helpText(name, 100);
    for (const option of Object.keys(COMMANDS[name].options)) expect(text).toContain(`--${option}`);
    // A command line is not cut.
    const prose = text.split('\n').filter((line) => !line.startsWith('  pcapdiag '));
    for (const line of prose) expect(line.length).toBeLessThanOrEqual(100);
  }
});
