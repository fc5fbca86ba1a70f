/** Every command with its words: help, manual, completion and the readers of the command line are made from this table. */
import { ANALYZE_OPTIONS } from './analyze-arguments.ts';
import { BASELINE_OPTIONS } from './baseline-arguments.ts';
import { CHECK_OPTIONS, DIFF_OPTIONS } from './check-arguments.ts';
import { DIGEST_COMMANDS } from './digest-options.ts';
import { MCP_EXAMPLES, MCP_OPTIONS } from './mcp/mcp-options.ts';
import type { OptionTable } from './option-rule.ts';
import { PLAN_OPTIONS } from './plan-arguments.ts';

/** What the shells complete in place of an operand. */
export type OperandKind = 'files' | 'rule' | 'shell' | 'command' | 'none';

export interface CommandRule {
  /** Operands as help shows them: FILE... */
  operands: string;
  operandKind: OperandKind;
  /** Fewest and most operands. */
  least: number;
  most: number;
  /** What is missing without them: a message. */
  without: string;
  summary: string;
  options: OptionTable;
  /** Command lines after `pcapdiag`, each with what it does. */
  examples: readonly (readonly [line: string, does: string])[];
}

const ANY = Number.POSITIVE_INFINITY;
/** Which packets: the same words for every command that reads captures. */
const SELECTION = {
  filter: ANALYZE_OPTIONS.filter,
  inside: ANALYZE_OPTIONS.inside,
  conversation: ANALYZE_OPTIONS.conversation,
  pod: ANALYZE_OPTIONS.pod,
  inventory: ANALYZE_OPTIONS.inventory,
  between: ANALYZE_OPTIONS.between,
} as const;
const CAPTURES = {
  operands: 'FILE...',
  operandKind: 'files',
  least: 1,
  most: ANY,
  without: 'name at least one capture',
} as const;
/** What is known beside the packets: the analysis behind an export is that of the report. */
const CLUSTER = {
  point: ANALYZE_OPTIONS.point,
  'service-cidr': ANALYZE_OPTIONS['service-cidr'],
  'pod-cidr': ANALYZE_OPTIONS['pod-cidr'],
  node: ANALYZE_OPTIONS.node,
  dns: ANALYZE_OPTIONS.dns,
  redact: ANALYZE_OPTIONS.redact,
  'redact-key': ANALYZE_OPTIONS['redact-key'],
  'redact-key-file': ANALYZE_OPTIONS['redact-key-file'],
  'inflate-limit': ANALYZE_OPTIONS['inflate-limit'],
  'memory-limit': ANALYZE_OPTIONS['memory-limit'],
  'all-findings': ANALYZE_OPTIONS['all-findings'],
  quiet: { kind: 'flag', short: 'q', describe: 'No progress' },
} as const;
const FORMAT = {
  kind: 'choice',
  short: 'f',
  choices: ['text', 'json'],
  describe: 'How to write it (default: text)',
} as const;

export const COMMANDS = {
  analyze: {
    operands: 'FILE...',
    operandKind: 'files',
    least: 1,
    most: ANY,
    without: 'name at least one capture to analyze',
    summary: 'Find the fault in one or several captures',
    options: ANALYZE_OPTIONS,
    examples: [
      ['pod.pcap', 'What is wrong in one capture'],
      ['node1.pcap node2.pcap', 'Where between two points packets get lost'],
      ['--point a.pcap=node1/eth0 a.pcap b.pcap', 'Say where a capture was taken'],
      ['--export-missing lost.pcapng a.pcap b.pcap', 'And keep the packets that got lost'],
      ['-f json --fail-on warning captures/', 'In a CI job'],
      ['-f github --baseline pcapdiag-baseline.json --require-evidence dns captures/', 'As a gate of a pull request'],
      ['-', 'Read standard input: ssh node1 tcpdump -i any -s 0 -w - | pcapdiag -'],
    ],
  },
  baseline: {
    operands: 'write|update|prune FILE...',
    operandKind: 'files',
    least: 2,
    most: ANY,
    without: 'say what to do (write, update or prune), and name at least one capture',
    summary: 'Keep a list of known findings: a gate lets them pass',
    options: BASELINE_OPTIONS,
    examples: [
      ["write --reason 'before the upgrade' captures/", 'Begin one: what is wrong today does not fail the next job'],
      ['update captures/', 'Add what is new; reasons that are there stay'],
      ['update --renew 2027-01-31 captures/', 'What has expired and is still found holds until then'],
      ['prune captures/', 'Take out what is found no more; nothing is added'],
    ],
  },
  check: {
    operands: 'SCENARIO...',
    operandKind: 'files',
    least: 1,
    most: ANY,
    without: 'name at least one scenario',
    summary: 'Check what a scenario expects of its captures: findings, rates, percentiles',
    options: CHECK_OPTIONS,
    examples: [
      ['ci/dns.pcapdiag.yml', 'Captures and expectations stand in the scenario'],
      ['-f junit -o report.xml ci/dns.pcapdiag.yml', 'As a list of tests'],
    ],
  },
  diff: {
    operands: 'GOLDEN NOW',
    operandKind: 'files',
    least: 2,
    most: 2,
    without: 'name a golden recording and the present one: each a capture, a folder or an archive',
    summary: 'What is not as it was: findings, address translation, MSS, path MTU, hops, loss, round trips',
    options: DIFF_OPTIONS,
    examples: [['--ignore nat golden/ now/', 'Pods have other addresses after each roll-out']],
  },
  explain: {
    operands: '[RULE]',
    operandKind: 'rule',
    least: 0,
    most: 1,
    without: '',
    summary: 'What a rule looks for, and what to do about it',
    options: { list: { kind: 'flag', describe: 'List all rules' } },
    examples: [['--list', 'All rules; explain with the id of one prints its page']],
  },
  packets: {
    ...CAPTURES,
    summary: 'List packets, one a line, with their tunnels',
    options: {
      ...SELECTION,
      layers: { kind: 'flag', short: 'v', describe: 'The layers of each packet too' },
      octets: { kind: 'flag', short: 'x', describe: 'The octets of each packet too' },
    },
    examples: [
      ["--filter 'tcp[tcpflags] & tcp-rst != 0' --inside nic.pcap", 'Resets, also inside tunnels'],
      ['-vx --between 12.5 12.6 pod.pcap', 'A tenth of a second, octet by octet'],
    ],
  },
  flows: {
    ...CAPTURES,
    summary: 'List connections and exchanges: history, round trip, loss, octets, state',
    options: {
      ...SELECTION,
      sort: {
        kind: 'choice',
        choices: ['number', 'packets', 'octets', 'duration', 'again', 'round-trip'],
        describe: 'What comes first (default: number)',
      },
      top: { kind: 'text', value: 'NUMBER', describe: 'How many are listed (default: 100)' },
      json: { kind: 'flag', describe: 'All of them, as JSON' },
    },
    examples: [['--sort again --top 10 node1.pcap', 'Where most segments are sent again']],
  },
  follow: {
    operands: 'FILE NUMBER',
    operandKind: 'files',
    least: 2,
    most: 2,
    without: 'name a capture and the number of a flow; pcapdiag flows FILE lists them',
    summary: 'What the two ends of a flow said: octets in order, gaps marked',
    options: {
      ...SELECTION,
      as: {
        kind: 'choice',
        choices: ['text', 'hex', 'raw'],
        describe: 'How octets are written: text with control characters escaped, hex, or as they are (default: text)',
      },
      side: { kind: 'choice', choices: ['both', 'client', 'server'], describe: 'Who is heard (default: both)' },
    },
    examples: [
      ['pod.pcap 3', 'The third flow that pcapdiag flows lists'],
      ['--as raw --side server pod.pcap 3 > answer.bin', 'What the server sent, as a file'],
    ],
  },
  export: {
    ...CAPTURES,
    summary: 'Cut packets out into one pcapng file, with a comment on each packet that is evidence',
    options: {
      output: {
        kind: 'text',
        short: 'o',
        value: 'FILE',
        describe: 'Write the packets to this file instead of standard output',
      },
      finding: {
        kind: 'list',
        value: 'NUMBER|RULE',
        describe: 'Only the packets of this finding: its number in the report from 1, its rule, or its fingerprint',
      },
      whole: { kind: 'flag', describe: 'With --finding: every packet of the conversations that it is about' },
      ...SELECTION,
      ...CLUSTER,
    },
    examples: [
      ['--finding 1 -o evidence.pcapng node1.pcap node2.pcap', 'The evidence of the verdict, for a ticket'],
      ['--finding 1 --whole -o talk.pcapng pod.pcap', 'And all that these two ends said'],
      ['--redact --finding 1 -o ticket.pcapng pod.pcap', 'For somebody who must not know whose packets they are'],
      ["--filter 'port 53' pod.pcap | wireshark -k -i -", 'Straight to Wireshark'],
    ],
  },
  stats: {
    ...CAPTURES,
    summary: 'Count protocols, tunnels, addresses, DNS times and segments sent again, of several captures by hop',
    options: { ...SELECTION, json: { kind: 'flag', describe: 'As JSON' } },
    examples: [
      ['node1.pcap', 'What is in a capture'],
      ['pod.pcap node1.pcap node2.pcap', 'And between which two points segments had to be sent again'],
    ],
  },
  ...DIGEST_COMMANDS,
  mtr: {
    operands: 'REPORT...',
    operandKind: 'files',
    least: 1,
    most: ANY,
    without: 'name at least one report of mtr',
    summary: 'What reports of mtr mean: where loss and delay begin, and which of it counts',
    options: { format: FORMAT },
    examples: [['-', 'Read standard input: mtr -r example.net | pcapdiag mtr -']],
  },
  plan: {
    operands: '',
    operandKind: 'none',
    least: 0,
    most: 0,
    without: '',
    summary: 'Where to capture, and the commands for it',
    options: PLAN_OPTIONS,
    examples: [
      [
        '--pod shop/web-0 --node node1 --cni flannel --target 10.244.2.7:80 --target-node node2',
        'Both ends and each device in between',
      ],
      [
        '--kubernetes --nodes n1,n2 --image REGISTRY/pcapdiag:0.2 --captures /var/captures --claim digests --run 7',
        'Jobs that make digests where the captures lie, and one that correlates them',
      ],
    ],
  },
  mcp: {
    operands: '',
    operandKind: 'none',
    least: 0,
    most: 0,
    without: '',
    summary: 'Serve an assistant: the Model Context Protocol on standard input and output',
    options: MCP_OPTIONS,
    examples: MCP_EXAMPLES,
  },
  completion: {
    operands: 'SHELL',
    operandKind: 'shell',
    least: 1,
    most: 1,
    without: 'name the shell: bash, zsh or fish',
    summary: 'Print the completion of commands, options, values and rules for a shell',
    options: {},
    examples: [
      ['bash > /etc/bash_completion.d/pcapdiag', 'For all users of bash'],
      ['zsh > ~/.zfunc/_pcapdiag', 'A folder of $fpath'],
      ['fish > ~/.config/fish/completions/pcapdiag.fish', 'For fish'],
    ],
  },
  help: {
    operands: '[COMMAND]',
    operandKind: 'command',
    least: 0,
    most: 1,
    without: '',
    summary: 'What a command does, and its options',
    options: {},
    examples: [],
  },
} as const satisfies Record<string, CommandRule>;

export type CommandName = keyof typeof COMMANDS;
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
export const commandRule = (name: CommandName): CommandRule => COMMANDS[name];

/** The command of `pcapdiag FILE...`. */
export const DEFAULT_COMMAND = 'analyze' satisfies CommandName;

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Options that are read before any command. */
export const GLOBAL_OPTIONS = {
  help: { kind: 'flag', short: 'h', describe: 'What a command does, and its options' },
  version: { kind: 'flag', short: 'V', describe: 'The version' },
} as const satisfies OptionTable;
