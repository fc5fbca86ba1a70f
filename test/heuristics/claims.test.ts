import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { knownFrom } from '../../src/analyze-options.ts';
import { dropOrdinary } from '../../src/flows/correlate/conversations/drop-ordinary.ts';
import { type Connection, type Evidence, TO_CLIENT } from '../../src/flows/evidence/evidence.ts';
import { nicsCaptured, wasNeverHeard } from '../../src/heuristics/facts/claims.ts';
import { namesOf } from '../../src/heuristics/facts/names.ts';
import type { Occurrence } from '../../src/heuristics/rule/rule.ts';
import { catalogue } from '../../src/heuristics/rules/catalogue.ts';
import { evidenceOfCaptures } from '../../src/pipeline/evidence-of-captures.ts';
import { connection, evidence, hostActivity, point, ref } from '../support/evidence.ts';

/**
 * Sentences that claim something of a capture, each with a check in other words than those of the rule that prints it.
 * `holds` gets the occurrence and the words that the sentence was filled with.
 */
interface Template {
  sentence: RegExp;
  holds: (evidence: Evidence, occurrence: Occurrence, words: readonly string[]) => boolean;
}

const legsOf = (all: Evidence, { conversations }: Occurrence): Connection[] =>
  conversations
    .flatMap((index) => all.conversations[index].legs)
    .flatMap((leg) => (leg.kind === 'tcp' ? [all.connections[leg.index]] : []));
const serverOf = ({ subject }: Occurrence): string =>
  (subject.server ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');

const TEMPLATES: Record<string, Template> = {
  'nothing was seen to answer': {
    sentence: /nothing of (\S+?)(?: \([^)]*\))? was seen to answer/,
    holds: (all, _, [address]) =>
      all.connections.every(({ server, synAck }) => server.address !== address || synAck.length === 0) &&
      all.echoes.every(({ destination, reply }) => destination !== address || reply === null) &&
      all.datagrams.every(({ server, packets }) => server.address !== address || packets[TO_CLIENT] === 0),
  },
  'what is sent again gets through': {
    sentence: /what is sent again gets through|All that was sent again was acknowledged at last/,
    holds: (all, occurrence) => {
      const repeats = legsOf(all, occurrence).flatMap((leg) => leg.directions.map(({ repeats: list }) => list));
      return repeats.some((list) => list.length > 0 && list.every(({ ackedTime }) => ackedTime !== null));
    },
  },
  'large and small packets are hit alike': {
    sentence: /[Ll]arge and small packets are hit alike|Packets of (\d+) to (\d+) octets are hit/,
    holds: (_all, _, [smallest, largest]) => Number(smallest) > 0 && Number(smallest) < Number(largest),
  },
  'so many in a row': {
    sentence: /are dropped \((\d+) in a row\) while (\d+) existing/,
    holds: (all, occurrence, [dropped, alive]) => {
      const tried = all.connections.filter(
        ({ server, syn, point: at }) =>
          syn.length > 0 && `${server.address}` === serverOf(occurrence) && at === occurrence.packets[0].point,
      );
      const mine = new Set(legsOf(all, occurrence));
      const isIgnored = ({ syn, synAck }: Connection): boolean =>
        (synAck[0]?.time ?? Number.POSITIVE_INFINITY) > (syn[1]?.time ?? syn[0].time + 1);
      const silent = tried.filter((one) => mine.has(one) && isIgnored(one));
      const [start, stop] = [silent[0], silent[silent.length - 1]].map((one) => one?.syn[0].time ?? 0);
      const opened = tried.filter(
        (one) =>
          one.server.port === silent[0]?.server.port &&
          !isIgnored(one) &&
          one.syn[0].time > start &&
          one.syn[0].time < stop,
      );
      const existing = tried.filter(
        ({ handshakeAck, directions }) =>
          handshakeAck !== null && handshakeAck.time < start && (directions[TO_CLIENT].last?.time ?? 0) > start,
      );
      return silent.length >= Number(dropped) && opened.length === 0 && existing.length >= Number(alive);
    },
  },
  'so long a pause was survived': {
    sentence: /pauses up to ([\d.]+) s were survived/,
    holds: (all, occurrence, [seconds]) =>
      Number(seconds) > 0 &&
      legsOf(all, occurrence).some(({ idleGaps }) =>
        idleGaps.some((gap) => Math.abs(gap.seconds - Number(seconds)) <= 0.051),
      ),
  },
  'the NICs were not captured': {
    sentence: /The NICs were not captured/,
    holds: (all, { between }) => {
      const hosts = (between ?? []).map((at) => all.points[at].host);
      return !all.points.some(({ role, host }) => role.endsWith('-nic') && hosts.includes(host));
    },
  },
};

/** Templates that the sentences of an occurrence use, each with whether it is so. */
function claimsIn(all: Evidence): { name: string; text: string; isSo: boolean }[] {
  const names = namesOf(all);
  const found: { name: string; text: string; isSo: boolean }[] = [];
  for (const rule of catalogue)
    for (const occurrence of rule.detect(all)) {
      const { message, why, causes } = rule.explain(occurrence, names);
      const text = [
        message,
        why,
        ...causes.flatMap((one) => [...(one.telling ?? []), ...one.for, ...one.against]),
      ].join('\n');
      for (const [name, { sentence, holds }] of Object.entries(TEMPLATES)) {
        const match = sentence.exec(text);
        if (match !== null) found.push({ name, text: match[0], isSo: holds(all, occurrence, match.slice(1)) });
      }
    }
  return found;
}

async function falseIn(sources: string[]): Promise<string[]> {
  const captures = { known: knownFrom({}), points: {} };
  const { evidence: all } = await evidenceOfCaptures(sources, captures);
  return claimsIn(dropOrdinary(all))
    .filter(({ isSo }) => !isSo)
    .map(({ name, text }) => `${sources.join(' ')}: ${name}: ${text}`);
}

/** Folders with captures below a folder, each with its files. */
function captureSets(root: string): string[][] {
  const files = (readdirSync(root, { recursive: true }) as string[])
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .map((name) => join(root, name))
    .sort();
  const byFolder = new Map<string, string[]>();
  for (const file of files) byFolder.set(dirname(file), [...(byFolder.get(dirname(file)) ?? []), file]);
  return [...byFolder.values()].flatMap((list) => [list, ...(list.length > 1 ? list.map((file) => [file]) : [])]);
}

const ROOTS = [
  'test/pcaps',
  '../shared/lab/public',
  '../shared/field/cni',
  '../shared/field/real',
  '../shared/field/app',
];

describe('every printed sentence is true', () => {
  it.each(ROOTS.filter((root) => existsSync(root)))('%s', async (root) => {
    const wrong: string[] = [];
    for (const sources of captureSets(root)) wrong.push(...(await falseIn(sources)));
    expect(wrong).toEqual([]);
  });
});

describe('a false sentence is caught', () => {
  const answering = connection({ server: '10.0.0.9:80' }, { established: true });
  const repeat = (ackedTime: number | null) => ({
    seqStart: 1,
    seqEnd: 100,
    l3Length: 140,
    smallestL3Length: 140,
    packets: [ref(1), ref(2)],
    sendings: 2,
    dontFragment: true,
    ackedTime,
    ackedPacket: null,
    reversePacketsMeanwhile: 0,
  });
  const losing = (ackedTime: number | null) =>
    connection({ server: '10.0.0.9:80', toServer: { repeats: [repeat(ackedTime)] } }, { established: true });
  const occurrence = (some: Partial<Occurrence> = {}): Occurrence => ({
    key: '',
    grade: 'inferred',
    subject: { protocol: 'tcp', client: null, server: '10.0.0.9:80' },
    conversations: [0],
    packets: [{ ...ref(0), point: 0, note: '' }],
    packetsTotal: 1,
    reach: 1,
    measured: {},
    ...some,
  });
  const check = (name: string, all: Evidence, words: string[], of = occurrence()): boolean =>
    TEMPLATES[name].holds(all, of, words);

  it.each([
    ['nothing was seen to answer', evidence({ connections: [answering] }), ['10.0.0.9']],
    ['what is sent again gets through', evidence({ connections: [losing(null)] }), []],
    ['large and small packets are hit alike', evidence(), ['1500', '1500']],
    ['large and small packets are hit alike', evidence(), []],
    ['so many in a row', evidence({ connections: [answering] }), ['4', '3']],
    ['so long a pause was survived', evidence({ connections: [answering] }), ['0.0']],
    ['so long a pause was survived', evidence({ connections: [answering] }), ['60.0']],
  ] as const)('%s', (name, all, words) => expect(check(name, all, [...words])).toBe(false));

  it('the NICs were not captured', () => {
    const nic = evidence({ points: [point({ host: 'a' }), point({ host: 'a', role: 'node-nic' })] });
    expect(check('the NICs were not captured', nic, [], occurrence({ between: [0, 0] }))).toBe(false);
  });

  it('true sentences pass', () => {
    const silent = evidence({ connections: [connection({ server: '10.0.0.9:80', syn: [0, 1] })] });
    expect(check('nothing was seen to answer', silent, ['10.0.0.9'])).toBe(true);
    expect(check('what is sent again gets through', evidence({ connections: [losing(3)] }), [])).toBe(true);
    expect(check('large and small packets are hit alike', evidence(), ['80', '1500'])).toBe(true);
  });
});

describe('facts of claims', () => {
  it('an address was heard when it sent anything, or answered a connection', () => {
    expect(wasNeverHeard(evidence(), '10.0.0.9')).toBe(true);
    expect(wasNeverHeard(evidence({ hosts: [hostActivity('10.0.0.9', { sent: 1 })] }), '10.0.0.9')).toBe(false);
    expect(wasNeverHeard(evidence({ hosts: [hostActivity('10.0.0.9', { sent: 0 })] }), '10.0.0.9')).toBe(true);
    const answered = connection({ server: '10.0.0.9:80', synAck: [0.1] });
    expect(wasNeverHeard(evidence({ connections: [answered] }), '10.0.0.9')).toBe(false);
  });

  it('NICs are counted as captured at both hosts, at one, at none, or not at all when a host is not known', () => {
    const at = (hosts: (string | null)[], nics: (string | null)[]) =>
      nicsCaptured(
        evidence({
          points: [
            ...hosts.map((host) => point({ host, role: 'pod-device' as never })),
            ...nics.map((host) => point({ host, role: 'node-nic' })),
          ],
        }),
        [0, 1],
      );
    expect(at(['a', 'b'], ['a', 'b'])).toBe('both');
    expect(at(['a', 'b'], ['a'])).toBe('some');
    expect(at(['a', 'b'], ['c'])).toBe('none');
    expect(at(['a', 'b'], [])).toBe('none');
    expect(at([null, 'b'], [null])).toBe('some');
  });
});
