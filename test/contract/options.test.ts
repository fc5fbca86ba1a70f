/** Mistakes of the caller are told before anything is read, in one clear sentence. */
import { describe, expect, test } from 'vitest';
import {
  type AnalyzeOptions,
  analyze,
  captureStats,
  correlateDigests,
  followFlow,
  listFlows,
  listPackets,
  makeDigest,
  makeRows,
  planCaptures,
  readPackets,
} from '../../src/index.ts';

const CAPTURE = 'test/pcaps/case-1/node1__enp26s0f0.pcap';

describe('analyze', () => {
  test.each<[string, unknown, string]>([
    [
      'an unknown key',
      { serviceCidr: ['10.96.0.0/12'] },
      'analyze: no option is called "serviceCidr"; did you mean serviceCidrs?',
    ],
    ['a key far from all', { colour: true }, 'analyze: no option is called "colour"'],
    ['options that are none', 7, 'analyze: the options are no object'],
    [
      'a range that is too long',
      { serviceCidrs: ['10.96.0.0/33'] },
      'serviceCidrs: "10.96.0.0/33" is no range such as 10.96.0.0/12',
    ],
    ['an address for a range', { podCidrs: ['10.96.0.1'] }, 'podCidrs: "10.96.0.1" is no range such as 10.96.0.0/12'],
    ['a number for a range', { podCidrs: [7] }, 'podCidrs: 7 is no range such as 10.96.0.0/12'],
    ['a text for a list', { podCidrs: '10.0.0.0/8' }, 'podCidrs is no list'],
    ['an empty list', { serviceCidrs: [] }, 'serviceCidrs is an empty list: leave it out'],
    ['a node without addresses', { nodes: { n1: [] } }, 'nodes, n1 is an empty list: leave it out'],
    ['a name for an address', { nodes: { n1: 'node-one' } }, 'nodes, n1: "node-one" is no IP address'],
    ['an address of a zone', { dnsServers: ['fe80::1%eth0'] }, 'dnsServers: "fe80::1%eth0" is no IP address'],
    [
      'a point of no file',
      { points: { 'node1__enp26s0f1.pcap': { host: 'a', interface: 'b' } } },
      'points: no capture that is read is called "node1__enp26s0f1.pcap"; did you mean node1__enp26s0f0.pcap?',
    ],
    ['a point without a host', { points: { [CAPTURE]: { interface: 'b' } } }, `points, ${CAPTURE}: host is no name`],
    ['an unknown rule', { rules: { 'dns-slo': 'off' } }, 'rules: no rule is called "dns-slo"; did you mean dns-slow?'],
    [
      'another switch',
      { rules: { 'dns-slow': false } },
      'rules: dns-slow must be one of on, off, error, warning, note, not false',
    ],
    ['a filter with a mistake', { selection: { filter: 'host' } }, 'host'],
    [
      'an unknown selection',
      { selection: { filters: 'tcp' } },
      'selection: no option is called "filters"; did you mean filter?',
    ],
    ['no signal', { signal: {} }, 'signal is no AbortSignal'],
    ['no function', { onProgress: true }, 'onProgress is no function'],
    ['half a row', { sightings: 0.5 }, 'sightings must be a whole number from 1, not 0.5'],
    ['own rules that are none', { ownRules: {} }, 'ownRules is no list'],
    [
      'an own rule with the id of a rule',
      { ownRules: [{ id: 'dns-slow' }] },
      'ownRules: "dns-slow" is no id of an own rule: a name, a slash and a name in lower case, as "acme/slow-backup"',
    ],
    [
      'an own rule of no class',
      { ownRules: [{ id: 'a/b', class: 'x' }] },
      'ownRules: a/b: no class is called "x"; the classes are network-unreachable, ',
    ],
  ])('%s', async (_, options, message) => {
    // The file is not there: a mistake is told before it is looked for.
    const error: unknown = await analyze(['not/there.pcap', CAPTURE], options as AnalyzeOptions).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ name: expect.stringMatching(/^(Pcapdiag|Filter)?Error$/), code: 'bad-option' });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain('\n');
  });

  test('an empty list of captures', async () => {
    await expect(analyze([])).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining('is empty'),
    });
  });

  test('undefined is as if it were not there', async () => {
    const given = { signal: undefined, points: undefined, rules: { 'dns-slow': undefined } } as unknown;
    expect((await analyze(CAPTURE, given as AnalyzeOptions)).captures).toHaveLength(1);
  });

  test('a point by path and by name', async () => {
    for (const file of [CAPTURE, 'node1__enp26s0f0.pcap']) {
      const { points } = await analyze(CAPTURE, { points: { [file]: { host: 'other', interface: 'eth9' } } });
      expect(points[0]).toMatchObject({ host: 'other', interface: 'eth9', namedBy: 'given' });
    }
  });
});

describe('other functions', () => {
  const typo = { selction: {} } as object;
  test.each<[string, () => unknown]>([
    ['readPackets', () => readPackets(CAPTURE, typo).next()],
    ['listPackets', () => listPackets(CAPTURE, () => {}, typo)],
    ['listFlows', () => listFlows(CAPTURE, typo)],
    ['captureStats', () => captureStats(CAPTURE, typo)],
    ['followFlow', () => followFlow(CAPTURE, 1, () => {}, typo)],
    ['makeDigest', () => makeDigest(CAPTURE, typo)],
    ['makeRows', () => makeRows(CAPTURE, [], typo)],
  ])('%s refuses an unknown key', async (name, call) => {
    await expect(call()).rejects.toThrow(`${name}: no option is called "selction"`);
  });

  test('planCaptures refuses an unknown key', () => {
    const request = { pod: 'a', node: 'n', cni: 'flannel', target: '10.0.0.1:80', servise: '10.0.0.2' } as const;
    expect(() => planCaptures(request)).toThrow('planCaptures: no option is called "servise"; did you mean service?');
  });

  test.each<[string, (signal: AbortSignal) => unknown]>([
    ['analyze', (signal) => analyze(CAPTURE, { signal })],
    ['readPackets', (signal) => readPackets(CAPTURE, { signal }).next()],
    ['listPackets', (signal) => listPackets(CAPTURE, () => {}, { signal })],
    ['listFlows', (signal) => listFlows(CAPTURE, { signal })],
    ['captureStats', (signal) => captureStats(CAPTURE, { signal })],
    ['followFlow', (signal) => followFlow(CAPTURE, 1, () => {}, { signal })],
  ])('%s ends by its signal, with its reason', async (_, call) => {
    const reason = new Error('enough');
    await expect(call(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test('a signal ends readPackets between two packets', async () => {
    const control = new AbortController();
    const packets = readPackets(CAPTURE, { signal: control.signal });
    await packets.next();
    control.abort(new Error('enough'));
    await expect(packets.next()).rejects.toThrow('enough');
  });
});

test.each<[unknown, string]>([
  [{ expect: ['node1'] }, 'correlateDigests: no option is called "expect"; did you mean expected?'],
  [{ pictures: true }, 'correlateDigests: no option is called "pictures"'],
  [{ expected: 'node1' }, 'expected is no list'],
  [{ expected: [1] }, 'expected: 1 is no name'],
  [{ rules: { 'dns-slo': 'off' } }, 'rules: no rule is called "dns-slo"; did you mean dns-slow?'],
  [{ serviceCidrs: ['10.96.0.0/33'] }, 'serviceCidrs: "10.96.0.0/33" is no range such as 10.96.0.0/12'],
])('correlateDigests: %j', async (options, message) => {
  // The digest cannot be read: a mistake is told before that is tried.
  const unreadable = { name: 'a', read: () => Promise.reject(new Error('it was read')) };
  await expect(correlateDigests([unreadable], options as object)).rejects.toMatchObject({
    code: 'bad-option',
    message,
  });
});
