import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { knownFrom } from '../src/analyze-options.ts';
import { dropOrdinary, withObjects } from '../src/flows/correlate/conversations/drop-ordinary.ts';
import { type Connection, type Evidence, TO_CLIENT } from '../src/flows/evidence/evidence.ts';
import { namesOf } from '../src/heuristics/facts/names.ts';
import { judge } from '../src/heuristics/judge/judge.ts';
import { catalogue } from '../src/heuristics/rules/catalogue.ts';
import { evidenceOfCaptures } from '../src/pipeline/evidence-of-captures.ts';
import { formatText } from '../src/report/formats/text.ts';
import type { Report, ReportTriage } from '../src/report/model/report.ts';
import { buildReport } from '../src/report/sections/build-report.ts';
import { PcapdiagError } from '../src/text/pcapdiag-error.ts';
import { use } from './support/application-items.ts';
import { carrier, connection, datagram, dns, echo, evidence, point, tunnel } from './support/evidence.ts';
import { hasShared, SHARED } from './support/shared-captures.ts';

/** Everything that was counted, also what no rule got to see, and the report that tells of it. */
interface Told {
  all: Evidence;
  report: Report;
}
type Holds = (told: Told, ...words: string[]) => boolean;

const number = (word: string): number => Number(word.replaceAll(',', ''));
const isTwoWay = ({ packets: [there, back] }: { packets: [number, number] }): boolean => there > 0 && back > 0;
const carriesBack = ({ directions: [to, back] }: Connection): boolean => to.packets > 0 && back.packets > back.resets;
/** Conversations with such a connection at one point at least. */
const conversations = ({ conversations: list, connections }: Evidence, isSuch: (one: Connection) => boolean): number =>
  list.filter(({ legs }) => legs.some(({ kind, index }) => kind === 'tcp' && isSuch(connections[index]))).length;
const leftOut = ({ openedLeftOut }: Evidence): number =>
  openedLeftOut.reduce((sum, { times }) => sum + times.length, 0);
/**
 * Connections by client and initial sequence number, however often they were captured: as many as ports were tried at one
 * point, or one where only the SYN-ACK was captured.
 */
function synsCaptured(all: Evidence): number {
  const tried = new Map<string, Map<number, Set<string>>>();
  for (const {
    client,
    server,
    point,
    syn,
    synAckAcks,
    directions: [to],
  } of all.connections) {
    const iss = to.iss ?? (synAckAcks === null ? null : (synAckAcks - 1) >>> 0);
    if (iss === null) continue;
    const key = `${client.address} ${client.port} ${iss}`;
    const atPoint = tried.get(key) ?? new Map<number, Set<string>>();
    tried.set(key, atPoint);
    if (syn.length > 0) atPoint.set(point, (atPoint.get(point) ?? new Set()).add(`${server.address} ${server.port}`));
  }
  return [...tried.values()].reduce(
    (sum, atPoint) => sum + Math.max(1, ...[...atPoint.values()].map(({ size }) => size)),
    leftOut(all),
  );
}
const datagramFlows = ({ conversations: list, datagrams }: Evidence, isOne: (protocol: number) => boolean): number =>
  list.filter(({ legs }) =>
    legs.some(
      ({ kind, index }) => kind === 'datagram' && isTwoWay(datagrams[index]) && isOne(datagrams[index].protocol),
    ),
  ).length;
const pings = ({ echoes }: Evidence): number =>
  new Set(
    echoes
      .filter(({ request, reply }) => request !== null && reply !== null)
      .map(({ source, id, sequence, request }) => `${source} ${id} ${sequence} ${request?.time}`),
  ).size;
const largestAcked = ({ connections, echoes, conversations: list }: Evidence): number =>
  Math.max(
    0,
    ...connections.flatMap(({ directions }) => directions.map(({ largestAckedL3 }) => largestAckedL3)),
    ...echoes.map(({ request, reply, l3Length }) => (request && reply ? l3Length : 0)),
    ...list.flatMap(({ hops }) => hops.map(({ largestArrived }) => largestArrived)),
  );
const isAnswered =
  (tunnels: Evidence['tunnels'], inSameNetwork = false) =>
  (one: Evidence['tunnels'][number]): boolean =>
    tunnels.some(
      ({ source, destination, networkId }) =>
        source === one.destination && destination === one.source && (!inSameNetwork || networkId === one.networkId),
    );
const ruleIds = ({ report }: Told): string[] => report.findings.map(({ ruleId }) => ruleId);

/** Parts of "packets both ways in …". */
const BOTH_WAYS: readonly [RegExp, (all: Evidence) => number][] = [
  [
    /([\d,]+) TCP connections?/,
    (all) => conversations(all, ({ directions: [, back] }) => back.packets > back.resets) + leftOut(all),
  ],
  [/([\d,]+) TCP flows? with cut headers/, (all) => datagramFlows(all, (protocol) => protocol === 6)],
  [/([\d,]+) pings?/, pings],
  [/([\d,]+) UDP flows?/, (all) => datagramFlows(all, (protocol) => protocol === 17)],
  [/([\d,]+) flows? of (?:an)?other protocols?/, (all) => datagramFlows(all, (one) => one !== 6 && one !== 17)],
];

/** Every sentence of the triage, and when it is so: by the counters, in other words than those of the triage. */
const SENTENCES: readonly [RegExp, Holds][] = [
  [
    /^packets both ways in (.+)$/,
    ({ all }, list) =>
      list.split(', ').every((part) =>
        BOTH_WAYS.some(([words, count]) => {
          const found = new RegExp(`^${words.source}$`).exec(part);
          return found !== null && number(found[1]) > 0 && number(found[1]) <= count(all);
        }),
      ),
  ],
  [/^([\d,]+) connections? opened$/, ({ all }, told) => number(told) <= synsCaptured(all)],
  [
    /^no connection was opened, but ([\d,]+) running ones? carried packets both ways$/,
    ({ all }, told) =>
      number(told) <= conversations(all, carriesBack) &&
      conversations(all, ({ syn, handshakeAck }) => syn.length > 0 && handshakeAck !== null) === 0,
  ],
  [
    /^([\d,]+) of ([\d,]+) DNS quer(?:y|ies) answered(; further ones were only counted)?$/,
    ({ all: { dns, dnsTotal } }, answered, of, more) =>
      number(answered) > 0 &&
      number(answered) <= dns.filter(({ responses }) => responses.length > 0).length &&
      number(answered) <= number(of) &&
      number(of) <= dns.length &&
      (more === undefined) === (dns.length === dnsTotal),
  ],
  [/^packets of up to (\d+) octets arrived$/, ({ all }, octets) => number(octets) === largestAcked(all)],
  [
    /^the largest packet that was seen to arrive had (\d+) octets(?:; no large one was tried|, of the connections that were followed)$/,
    ({ all }, octets) => number(octets) === largestAcked(all),
  ],
  [/^no acknowledged data or answered ping shows what sizes arrive$/, ({ all }) => largestAcked(all) === 0],
  [
    /^(tunnels carry packets both ways)?(?:, )?(?:([\d,]+) address translations? seen at work)?$/,
    ({ all: { tunnels, nat } }, both, translations) =>
      (both === undefined || tunnels.some(isAnswered(tunnels))) && number(translations ?? '0') === nat.length,
  ],
  [
    /^tunnel packets were captured both ways, with another network identifier \(VNI\) in each direction$/,
    ({ all: { tunnels } }) => tunnels.some(isAnswered(tunnels)) && !tunnels.some(isAnswered(tunnels, true)),
  ],
  [
    /^no tunnel packets and no translated service address were captured$/,
    ({ all: { tunnels, carriers, nat } }) => tunnels.length + carriers.length + nat.length === 0,
  ],
  [
    /^the tunnel packets are encrypted \(ESP or WireGuard\), and no translated service address was captured$/,
    ({ all: { tunnels, carriers, nat } }) => carriers.length > 0 && tunnels.length + nat.length === 0,
  ],
  [
    /^tunnel packets were captured in one direction only/,
    ({ all: { tunnels } }) => tunnels.length > 0 && !tunnels.some(isAnswered(tunnels)),
  ],
  [
    /^no connection, ping or flow shows packets both ways(?:, but ([\d,]+) connections? with resets, or with a SYN-ACK that led to nothing)?/,
    ({ all }, halfway) =>
      datagramFlows(all, () => true) + pings(all) + leftOut(all) === 0 &&
      number(halfway ?? '0') >=
        conversations(all, ({ directions }) => directions.every(({ packets }) => packets > 0)) &&
      !all.connections.some((one) => carriesBack(one) && one.directions[TO_CLIENT].dataSegments > 0),
  ],
  [
    /^(?:at least )?([\d,]+) attempts? to open a TCP connection (?:was|were) captured, but no SYN-ACK/,
    ({ all }, attempts) =>
      number(attempts) <= synsCaptured(all) && all.connections.every(({ synAck }) => synAck.length === 0),
  ],
  [
    /^([\d,]+) connections? got no further than the SYN-ACK, or its acknowledgement was not taken$/,
    ({ all }, offered) => number(offered) <= synsCaptured(all),
  ],
  [
    /^no attempt to open a TCP connection was captured$/,
    ({ all }) => conversations(all, ({ syn }) => syn.length > 0) + leftOut(all) === 0,
  ],
  [/^the flags of TCP segments were cut away/, ({ all }) => all.datagrams.some(({ protocol }) => protocol === 6)],
  [/^no DNS packets were captured$/, ({ all }) => all.dnsTotal === 0],
  [
    /^DNS queries were captured, but no answer( to those that were followed)?/,
    ({ all: { dns, dnsTotal } }, followed) =>
      dnsTotal > 0 &&
      dns.every(({ responses }) => responses.length === 0) &&
      (followed === undefined) === (dns.length === dnsTotal),
  ],
  [
    /^([\d,]+) answers? of ([\d,]+) connections? read, (no error|[\d,]+ errors?) among them(?:; beside them .+)?$/,
    ({ all: { applications } }, answers, answered, errors) => {
      const sums = new Map<number, [number, number, number]>();
      for (const use of applications) {
        const sum = sums.get(use.point) ?? [0, 0, 0];
        sums.set(use.point, [sum[0] + use.answers, sum[1] + use.answered, sum[2] + use.errors]);
      }
      return [...sums.values()].some(
        (sum) =>
          sum[0] >= number(answers) &&
          sum[1] >= number(answered) &&
          sum[2] >= (errors === 'no error' ? 0 : number(errors.split(' ')[0])),
      );
    },
  ],
  [
    /^what ([\d,]+) connections? said was cut by the snapshot length/,
    ({ all }, cut) => number(cut) <= all.connectionsTotal && all.captures.some(({ snaplen }) => snaplen > 0),
  ],
  [
    /^([\d,]+) connections? encrypted by TLS/,
    ({ all: { applications } }, encrypted) =>
      applications.reduce((sum, use) => sum + (use.protocol === 'tls' ? use.connections : 0), 0) >= number(encrypted),
  ],
  [
    /^the protocol of ([\d,]+) connections? is not read$/,
    ({ all: { applications } }, unread) =>
      applications.reduce((sum, use) => sum + use.connections, 0) >= number(unread),
  ],
  [
    /^no answer of a program was read$/,
    ({ all: { applications } }) => applications.every(({ answers }) => answers === 0),
  ],
];

/** What is not so in a row, or null. */
function contradictionIn(
  told: Told,
  { class: faultClass, verdict, because, code, ruleId }: ReportTriage,
): string | null {
  const wrong = `${faultClass}: ${verdict}: ${because}`;
  if (code === 'found') {
    const finding = told.report.findings.find((one) => one.ruleId === ruleId && one.level !== 'note');
    return finding !== undefined && because === `${ruleId}: ${finding.message}` ? null : wrong;
  }
  if (code === 'explained') {
    const [by, follows] = because.split(', from which ').map((part) => part.replace(/ follows$/, ''));
    return ruleIds(told).includes(by) && ruleIds(told).includes(follows) ? null : wrong;
  }
  if (code === 'seen-once' || code === 'ends-too-soon') {
    const [, about] =
      /^(?:seen once, which is too little|the capture ends too soon) to judge(?: by)?: (.+)$/.exec(because) ?? [];
    return told.report.findings.some(({ level, message }) => level === 'note' && message === about) ? null : wrong;
  }
  const gated = /^(?:(.+), but )?([a-z0-9, -]+?)(?:, \d+ more rules?)? cannot be judged: /.exec(because);
  if (code === 'gated') {
    const silent = told.report.rules.filter(({ status }) => status === 'gated').map((rule) => rule.ruleId);
    if (gated === null || !gated[2].split(', ').every((id) => silent.includes(id))) return wrong;
    return gated[1] === undefined || isSo(told, gated[1]) ? null : wrong;
  }
  return isSo(told, because) ? null : wrong;
}

function isSo(told: Told, sentence: string): boolean {
  const matching = SENTENCES.filter(([words]) => words.test(sentence));
  return (
    matching.length === 1 && matching.every(([words, holds]) => holds(told, ...(words.exec(sentence)?.slice(1) ?? [])))
  );
}

async function contradictions(sources: string[]): Promise<string[]> {
  const { evidence: joined } = await evidenceOfCaptures(sources, { known: knownFrom({}), points: {} });
  return contradictionsOf(withObjects(joined), dropOrdinary(joined)).map((wrong) => `${sources.join(' ')}: ${wrong}`);
}

function contradictionsOf(all: Evidence, telling = all): string[] {
  const report = buildReport(telling, judge(telling, catalogue, namesOf(telling)), 'test', { isWhole: true });
  return [...report.triage.flatMap((row) => contradictionIn({ all, report }, row) ?? []), ...lossesUntold(report)];
}

/** A report that says OK while its paths lose packets between points that no note names. */
function lossesUntold(report: Report): string[] {
  if (report.verdict !== null || !/^OK {2}/.test(formatText(report))) return [];
  const told = report.findings.map(({ location }) => [...(location.between ?? [])].sort().join());
  return report.paths.flatMap(({ points, lost: [there, back] }) =>
    points.slice(1).flatMap((to, at) => {
      const lost = there[at] + back[at + 1];
      return lost === 0 || told.includes([points[at], to].sort().join()) ? [] : `OK with ${lost} lost before ${to}`;
    }),
  );
}

/** The captures of each folder together, and each of them alone. */
function captureSets(root: string): string[][] {
  const byFolder = new Map<string, string[]>();
  for (const name of (readdirSync(root, { recursive: true }) as string[]).sort())
    if (/\.(pcap|pcapng|cap)(\.gz)?$/.test(name)) {
      const path = join(root, name);
      byFolder.set(dirname(path), [...(byFolder.get(dirname(path)) ?? []), path]);
    }
  return [...byFolder.values()].flatMap((list) => [list, ...(list.length > 1 ? list.map((file) => [file]) : [])]);
}

const captureAlone = (root: string): string[][] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(md|tsv|json|mjs|txt)$/.test(entry.name))
    .map((entry) => [join(entry.parentPath, entry.name)]);

async function expectNone(sets: string[][]): Promise<void> {
  const wrong: string[] = [];
  for (const sources of sets)
    try {
      wrong.push(...(await contradictions(sources)));
    } catch (error) {
      if (!(error instanceof PcapdiagError)) throw error;
    }
  expect(wrong).toEqual([]);
}

describe('no sentence of the triage contradicts the counters', () => {
  it('test/pcaps', () => expectNone(captureSets('test/pcaps')));

  for (const folder of ['lab/public', 'field/cni', 'field/real', 'field/app', 'breakage'])
    it.skipIf(!hasShared)(`${folder} (skipped without ../shared)`, () => expectNone(captureSets(join(SHARED, folder))));

  for (const folder of ['corpus', 'hostile'])
    it.skipIf(!hasShared)(`${folder}, each capture alone (skipped without ../shared)`, () =>
      expectNone(captureAlone(join(SHARED, folder))),
    );
});

describe('a sentence that is not so is caught', () => {
  const opened = connection({ client: '10.0.0.1:4000', server: '10.0.0.2:80' }, { established: true });
  const one = evidence({ connections: [opened] });
  const tunnels = [tunnel(), tunnel({ source: '192.168.0.2', destination: '192.168.0.1', networkId: 2 })];
  const told = (all: Evidence): Told => ({ all, report: {} as Report });

  it.each([
    ['packets both ways in 2 TCP connections', one],
    ['packets both ways in 1 ping', one],
    ['packets both ways in 1 UDP flow', evidence({ datagrams: [datagram({ protocol: 132, back: [0.1] })] })],
    ['2 connections opened', one],
    ['no connection was opened, but 1 running one carried packets both ways', one],
    ['2 of 2 DNS queries answered', evidence({ dns: [dns({ answered: 0.1 })] })],
    ['1 of 1 DNS query answered', evidence({ dns: [dns({ answered: 0.1 })], dnsTotal: 2 })],
    ['packets of up to 1450 octets arrived', one],
    ['no acknowledged data or answered ping shows what sizes arrive', evidence({ echoes: [echo({ reply: 0.1 })] })],
    ['tunnels carry packets both ways', evidence({ tunnels: [tunnel()] })],
    ['1 address translation seen at work', evidence({ tunnels })],
    ['tunnel packets were captured in one direction only', evidence({ tunnels })],
    ['no tunnel packets and no translated service address were captured', evidence({ carriers: [carrier()] })],
    ['no connection, ping or flow shows packets both ways', one],
    ['1 attempt to open a TCP connection was captured, but no SYN-ACK', one],
    ['no attempt to open a TCP connection was captured', one],
    ['no DNS packets were captured', evidence({ dnsTotal: 1 })],
    ['DNS queries were captured, but no answer', evidence({ dns: [dns({ answered: 0.1 })] })],
    ['7 answers of 1 connection read, no error among them', evidence({ applications: [use({ answers: 6 })] })],
    ['no answer of a program was read', evidence({ applications: [use({ answers: 6 })] })],
    ['a sentence without a check', one],
  ])('%s', (sentence, all) => expect(isSo(told(all), sentence)).toBe(false));

  it.each([
    ['packets both ways in 1 TCP connection', one],
    ['1 connection opened', one],
    ['no DNS packets were captured', one],
  ])('%s, where it is so', (sentence, all) => expect(isSo(told(all), sentence)).toBe(true));
});

describe('losses that no rule tells', () => {
  const [there, back] = [0, 1].map((at) => point({ name: `eth${at}` }));
  const atClient = connection({}, { established: true });
  const losing = (lost: number): Report => {
    const all: Evidence = {
      ...evidence({ points: [there, back], connections: [atClient] }),
      paths: [
        {
          points: [0, 1],
          conversations: 1,
          packets: [
            [5000, 5000 - lost],
            [9, 9],
          ],
          lost: [
            [lost, 0],
            [0, 0],
          ],
        },
      ],
    };
    return buildReport(all, judge(all, catalogue, namesOf(all)), 'test', { isWhole: true });
  };

  it('are not OK: the headline says how many, and between which points', () => {
    const report = losing(2);
    expect(report.verdict).toBeNull();
    expect(formatText(report)).toMatch(/^UNDECIDED {2}No fault found so far in /);
    expect(formatText(report).replaceAll(/\s+/g, ' ')).toContain('2 of 5,000 packets were lost between eth0 and eth1');
    expect(lossesUntold(report)).toEqual([]);
  });

  it('OK where nothing is lost', () => expect(formatText(losing(0))).toMatch(/^OK {2}/));
});
