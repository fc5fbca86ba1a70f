/** Attempts that wait for an answer, as lanes on one clock. */
import type { Evidence, Leg, PacketRef } from '../../../flows/evidence/evidence.ts';
import type { Judged, Judgement } from '../../../heuristics/judge/judgement.ts';
import { rcodeName, typeName } from '../../../text/dns-names.ts';
import { endText } from '../../../text/end-text.ts';
import { pointId } from '../../../text/ids.ts';
import type { ReportLane, ReportTries } from '../../model/pictures.ts';
import { leading } from './wanted-series.ts';

/** Lanes of one picture: a screen full. */
const MOST_LANES = 24;
/** Conversations of a finding that are looked at. */
const CONVERSATIONS_TRIED = 2000;
/** Attempts and answers of one lane. */
const MOST_MARKS = 40;

interface Lane extends ReportLane {
  point: number;
  start: number;
  isTroubled: boolean;
}

/** Of the first finding that is about lookups, handshakes or address resolution; null when none is. */
export function triesOf(evidence: Evidence, judgement: Judgement): ReportTries | null {
  for (const judged of leading(judgement)) {
    if (judged.level === 'note') continue;
    const tries = triesOfFinding(evidence, judged);
    if (tries !== null) return tries;
  }
  return null;
}

function triesOfFinding(evidence: Evidence, { occurrence }: Judged): ReportTries | null {
  // The first leg is the one nearest to who asks.
  const legs = occurrence.conversations
    .slice(0, CONVERSATIONS_TRIED)
    .flatMap((index) => evidence.conversations[index]?.legs.slice(0, 1) ?? []);
  const byKind = [
    ['dns', lookups(evidence, legs)],
    ['arp', resolutions(evidence, legs)],
    ['tcp', handshakes(evidence, legs)],
  ] as const;
  const [kind, all] = byKind.find(([, lanes]) => lanes.length > 0) ?? ['dns', []];
  if (all.length === 0) return null;
  const shown = [...all]
    .sort((a, b) => Number(b.isTroubled) - Number(a.isTroubled) || a.start - b.start)
    .slice(0, MOST_LANES)
    .sort((a, b) => a.start - b.start);
  const origin = shown[0].start;
  return {
    kind,
    point: pointId(shown[0].point),
    lanes: shown.map(({ what, of, tries, answers }) => ({
      what,
      of,
      tries: tries.map((time) => time - origin),
      answers: answers.map((answer) => ({ ...answer, seconds: answer.seconds - origin })),
    })),
    lanesLeftOut: all.length - shown.length,
  };
}

const flowsOf = (legs: readonly Leg[], kind: Leg['kind']): Set<string> =>
  new Set(legs.filter((leg) => leg.kind === kind).map(({ point, flow }) => `${point} ${flow}`));

function laneOf(
  evidence: Evidence,
  point: number,
  words: Pick<Lane, 'what' | 'of'>,
  tries: readonly PacketRef[],
  answers: readonly (PacketRef & { word: string; isGood: boolean })[],
): Lane[] {
  if (tries.length === 0) return [];
  const { timeShift } = evidence.points[point];
  const times = tries.slice(0, MOST_MARKS).map(({ time }) => time + timeShift);
  return [
    {
      ...words,
      point,
      start: times[0],
      tries: times,
      answers: answers
        .slice(0, MOST_MARKS)
        .map(({ time, word, isGood }) => ({ seconds: time + timeShift, word, isGood })),
      isTroubled: tries.length > 1 || !answers.some(({ isGood }) => isGood),
    },
  ];
}

function lookups(evidence: Evidence, legs: readonly Leg[]): Lane[] {
  const flows = new Set([...flowsOf(legs, 'datagram'), ...flowsOf(legs, 'tcp')]);
  return evidence.dns
    .filter(({ point, flow }) => flows.has(`${point} ${flow}`))
    .flatMap(({ point, name, type, server, queries, responses }) =>
      laneOf(
        evidence,
        point,
        { what: `${name} ${typeName(type)}`, of: server.address },
        queries,
        responses.map((response) => {
          const rcode = rcodeName(response.rcode);
          const from = response.from.address === server.address ? '' : ` from ${response.from.address}`;
          const word = `${rcode}${response.truncated ? ', truncated' : ''}${from}`;
          return { ...response, word, isGood: response.rcode === 0 && from === '' && !response.truncated };
        }),
      ),
    );
}

function resolutions(evidence: Evidence, legs: readonly Leg[]): Lane[] {
  const flows = flowsOf(legs, 'arp');
  return evidence.arp
    .filter(({ point, flow, gratuitous }) => flows.has(`${point} ${flow}`) && !gratuitous)
    .flatMap(({ point, asker, target, requests, replies }) =>
      laneOf(
        evidence,
        point,
        { what: `who has ${target}`, of: asker },
        requests,
        replies.map((reply) => ({ ...reply, word: `is at ${reply.mac}`, isGood: true })),
      ),
    );
}

/** Only where no connection got further than its handshake: else the course of one says more. */
function handshakes(evidence: Evidence, legs: readonly Leg[]): Lane[] {
  const connections = legs
    .filter(({ kind }) => kind === 'tcp')
    .flatMap(({ index }) => evidence.connections[index] ?? []);
  if (connections.some(({ directions }) => directions.some(({ dataSegments }) => dataSegments > 0))) return [];
  return connections.flatMap(({ point, client, server, syn, synAck, resets }) =>
    laneOf(evidence, point, { what: `SYN from ${endText(client)}`, of: endText(server) }, syn, [
      ...synAck.map((packet) => ({ ...packet, word: 'SYN-ACK', isGood: true })),
      ...resets.map((packet) => ({ ...packet, word: 'RST', isGood: false })),
    ]),
  );
}
