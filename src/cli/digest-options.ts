/** Commands for captures of many nodes, with their words. */
import { ANALYZE_OPTIONS } from './analyze-arguments.ts';

const CAPTURES = {
  operands: 'FILE...',
  operandKind: 'files',
  least: 1,
  most: Number.POSITIVE_INFINITY,
  without: 'name at least one capture',
} as const;
const {
  filter: _filter,
  inside: _inside,
  conversation: _conversation,
  between: _between,
  pod: _pod,
  'export-missing': _exportMissing,
  'inflate-limit': _inflateLimit,
  core: _core,
  ...REPORT_OPTIONS
} = ANALYZE_OPTIONS;

const REDACTION = {
  redact: ANALYZE_OPTIONS.redact,
  'redact-key': ANALYZE_OPTIONS['redact-key'],
  'redact-key-file': ANALYZE_OPTIONS['redact-key-file'],
} as const;

export const DIGEST_COMMANDS = {
  digest: {
    ...CAPTURES,
    summary: 'Write what the analysis needs of a capture into a small file, to be joined elsewhere',
    options: {
      output: { kind: 'text', short: 'o', value: 'FOLDER', describe: 'Where digests go (default: this folder)' },
      host: { kind: 'text', value: 'NODE', describe: 'Where it was captured (default: PCAPDIAG_HOST or NODE_NAME)' },
      interface: { kind: 'text', value: 'DEVICE', describe: 'The interface that was captured' },
      run: {
        kind: 'text',
        value: 'ID',
        describe: 'One identifier for the captures of all nodes (default: PCAPDIAG_RUN)',
      },
      name: { kind: 'text', value: 'NAME', describe: 'What reports call the capture (default: its file name)' },
      rows: {
        kind: 'text',
        value: 'NUMBER',
        describe: 'Packets that are kept one by one (default: 1M); correlate asks for more where it needs them',
      },
      filter: ANALYZE_OPTIONS.filter,
      inside: ANALYZE_OPTIONS.inside,
      conversation: ANALYZE_OPTIONS.conversation,
      between: ANALYZE_OPTIONS.between,
      ...REDACTION,
      'inflate-limit': ANALYZE_OPTIONS['inflate-limit'],
    },
    examples: [['--host node1 --run 7 -o digests eth0.pcap cni0.pcap', 'On each node, in place of moving captures']],
  },
  correlate: {
    operands: 'DIGEST...',
    operandKind: 'files',
    least: 1,
    most: Number.POSITIVE_INFINITY,
    without: 'name at least one digest, or a folder of them',
    summary: 'Find the fault in digests of captures, as analyze does in the captures',
    options: {
      ...REPORT_OPTIONS,
      expect: {
        kind: 'text',
        value: 'FILE',
        describe:
          'What should be there, one capture a line: HOST/INTERFACE, HOST/NAME, HOST or the name of the capture',
      },
      wanted: {
        kind: 'text',
        value: 'FILE',
        describe: 'Write down the packets that would tell more, for pcapdiag rows',
      },
    },
    examples: [
      ['digests/', 'The report of all captures'],
      ['--expect nodes.txt --wanted wanted.json digests/', 'Say which node is missing, and what to read once more'],
    ],
  },
  rows: {
    ...CAPTURES,
    summary: 'Read the packets that correlate asked for, where the captures lie',
    options: {
      wanted: { kind: 'text', value: 'FILE', isNeeded: true, describe: 'What correlate --wanted wrote' },
      output: { kind: 'text', short: 'o', value: 'FOLDER', describe: 'Where they go (default: this folder)' },
      ...REDACTION,
      'inflate-limit': ANALYZE_OPTIONS['inflate-limit'],
    },
    examples: [['--wanted wanted.json -o digests eth0.pcap cni0.pcap', 'Then: pcapdiag correlate digests/']],
  },
} as const;
