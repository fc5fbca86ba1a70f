import type { Connection, Evidence, PacketRef } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { type Attempt, attemptsOf, endpointText } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';

export const SIGNATURE_THRESHOLDS = {
  syns: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  guardSeconds: { value: 1, unit: 's', source: 'RFC 6298, 2.1: the first retransmission of a SYN' },
} as const;

type Signature = Connection['directions'][0]['signature'];

/** SYNs of one client that one listener ignores, and that are signed while others are not, or the reverse. */
export interface IgnoredSignature {
  attempts: readonly Attempt[];
  syns: readonly PacketRef[];
  /** How the ignored SYNs are signed; null when they are not. */
  sent: Signature;
  /** How the other side signs what it sends to or accepts at this port; null when that was not seen. */
  other: Signature;
  /** Whether the host sends to the client meanwhile: then it is alive, and the client reaches it. */
  answersClient: boolean;
}

/**
 * A host drops a segment whose signature is missing, unexpected or wrong without a word (RFC 2385, 4.1; RFC 5925, 7.3).
 * So its port looks filtered, while the host answers everything else.
 */
export function ignoredSignatures(evidence: Evidence): IgnoredSignature[] {
  const groups = groupBy(
    attemptsOf(evidence).filter(({ connection }) => connection.syn.length > 0),
    ({ connection: { point, client, server } }) => `${point} ${client.address} ${endpointText(server)}`,
  );
  return [...groups.values()].flatMap((attempts) => ignoredIn(evidence, attempts) ?? []);
}

function ignoredIn(evidence: Evidence, attempts: readonly Attempt[]): IgnoredSignature | null {
  const [{ connection }] = attempts;
  const { point, client, server, directions } = connection;
  if (!gatesOf(evidence).absence(point).ok || attempts.some(({ outcome }) => outcome !== 'silent')) return null;
  const sent = directions[TO_SERVER].signature;
  const latest = indexOf(evidence).endOf(point) - SIGNATURE_THRESHOLDS.guardSeconds.value;
  const syns = attempts.flatMap((attempt) => attempt.connection.syn).filter(({ time }) => time <= latest);
  if (syns.length < SIGNATURE_THRESHOLDS.syns.value) return null;
  const other = signatureOfOthers(evidence, connection);
  // Without a signature of either side nothing tells that signatures matter here.
  if (sent === null && other === null) return null;
  const since = Math.min(...syns.map(({ time }) => time));
  const isAlive = evidence.hosts.some(
    (host) =>
      host.point === point && host.address === server.address && host.sent > 0 && (host.lastSent ?? -1) >= since,
  );
  if (!isAlive) return null;
  const answersClient = evidence.conversations.some(({ legs }) =>
    legs.some(
      (leg) =>
        leg.point === point &&
        [leg.client.address, leg.server.address].includes(client.address) &&
        [leg.client.address, leg.server.address].includes(server.address) &&
        isAnswered(evidence, leg.kind, leg.index, leg.point, leg.flow),
    ),
  );
  return { attempts, syns, sent, other, answersClient };
}

function isAnswered(
  evidence: Evidence,
  kind: 'tcp' | 'datagram' | 'echo' | 'arp',
  index: number,
  point: number,
  flow: number,
): boolean {
  if (kind === 'tcp') return evidence.connections[index].directions[TO_CLIENT].packets > 0;
  if (kind === 'datagram') return evidence.datagrams[index].packets[TO_CLIENT] > 0;
  return evidence.echoes.some((echo) => echo.point === point && echo.flow === flow && echo.reply !== null);
}

/** How the server signs: its own SYNs to the same port of the client, and connections of others that it accepts there. */
function signatureOfOthers({ connections }: Evidence, { point, client, server }: Connection): Signature {
  for (const one of connections) {
    if (one.point !== point) continue;
    const [to, back] = one.directions;
    const isReverse =
      one.client.address === server.address && one.server.address === client.address && one.server.port === server.port;
    if (isReverse && to.signature !== null) return to.signature;
    const isSameListener = one.server.address === server.address && one.server.port === server.port;
    if (isSameListener && one.client.address !== client.address && back.signature !== null) return back.signature;
  }
  return null;
}
