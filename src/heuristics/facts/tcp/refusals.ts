import type { Conversation, Endpoint } from '../../../flows/evidence/evidence.ts';
import type { EvidencePacket } from '../../rule/rule.ts';
import { packetsAt } from '../../words/excerpt.ts';
import { type Attempt, endpointText } from '../attempts.ts';
import { isLater } from '../packet-order.ts';
import { SCAN_THRESHOLDS } from './port-scans.ts';

/**
 * Whether a port that refused connections serves every later one: the server was not ready yet. At least one attempt
 * after the last refusal is served, and none before it.
 */
export function listensLater(attempts: readonly Attempt[], refused: readonly Attempt[]): boolean {
  const { server } = refused[0].connection;
  const lastRefusal = refused.map(firstSyn).reduce((a, b) => (isLater(a, b) ? a : b));
  const served = attempts.filter(
    ({ outcome, connection }) =>
      outcome === 'answered' &&
      connection.server.address === server.address &&
      connection.server.port === server.port &&
      connection.syn.length > 0,
  );
  return served.length > 0 && served.every((one) => isLater(firstSyn(one), lastRefusal));
}

/**
 * Whether the host that refused a connection once or twice opens one itself afterwards, to the same port of the client,
 * and is served. Peers of BGP and other symmetric protocols both try, and one connection is enough (RFC 4271, 6.8).
 */
export function peersConnectBack(attempts: readonly Attempt[], refused: readonly Attempt[]): boolean {
  if (refused.length > SCAN_THRESHOLDS.strayAttempts.value) return false;
  const [{ connection }] = refused;
  return attempts.some(
    ({ outcome, connection: other }) =>
      outcome === 'answered' &&
      other.point === connection.point &&
      other.client.address === connection.server.address &&
      other.server.address === connection.client.address &&
      other.server.port === connection.server.port &&
      other.syn.length > 0 &&
      isLater(firstSyn({ connection: other }), firstSyn({ connection })),
  );
}

const firstSyn = ({ connection }: Pick<Attempt, 'connection'>) => connection.syn[0];

/** A client tries localhost as ::1 first and is then served at 127.0.0.1, or the reverse. */
export function hasFallback(attempts: readonly Attempt[], { address, port }: Endpoint): boolean {
  if (!isLoopback(address)) return false;
  return attempts.some(
    ({ outcome, connection: { server } }) =>
      outcome === 'answered' && server.port === port && server.address !== address && isLoopback(server.address),
  );
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** SYNs of refused attempts, whether each one was answered or not. */
export const synsOf = (group: readonly Attempt[]): number =>
  group.reduce((sum, { connection }) => sum + connection.syn.length, 0);

/** SYNs that a reset answers: a capture may show more SYNs than resets. */
export const refusedSyns = (group: readonly Attempt[]): number =>
  group.reduce((sum, { connection: { syn, resets } }) => sum + Math.max(1, Math.min(syn.length, resets.length)), 0);

/** The endpoint that all conversations were translated to. Null if one was not translated or the endpoints differ. */
export function targetOf(conversations: readonly Conversation[]): Endpoint | null {
  const [first] = conversations;
  if (!conversations.every(({ serverBeforeNat }) => serverBeforeNat !== null)) return null;
  const isSame = ({ server }: Conversation): boolean => endpointText(server) === endpointText(first.server);
  return conversations.every(isSame) ? first.server : null;
}

/** The first SYN of a refused attempt, and the reset that answers it. */
export function refusalPackets({ connection }: Attempt): EvidencePacket[] {
  return [
    ...packetsAt(connection.point, connection.syn.slice(0, 1), 'SYN', '>'),
    ...packetsAt(connection.point, connection.resets.slice(0, 1), 'RST: refused', '<'),
  ];
}
