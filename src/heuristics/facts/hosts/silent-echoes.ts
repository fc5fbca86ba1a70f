import type { Conversation, EchoExchange, Evidence, PacketRef } from '../../../flows/evidence/evidence.ts';
import { echoIsForOne } from '../counter/group-address.ts';
import { indexOf } from '../evidence-index.ts';

/** Requests without an answer. */
export interface Unanswered {
  /** Those of them whose packet number is known. */
  requests: PacketRef[];
  /** Number of all unanswered requests. */
  total: number;
  /** Earlier requests of the same flow that were answered. */
  answered: number;
  /** Requests sent so long before the capture ends that an answer would have come. */
  due: number;
}

/** An `Unanswered` whose requests are all due. All of them are known by number unless `total` is given. */
export const unanswered = (requests: PacketRef[], total = requests.length, answered = 0): Unanswered => ({
  requests,
  total,
  answered,
  due: total,
});

type SilentEchoes = Unanswered & { point: number };

/**
 * Unanswered echo requests, at the point that saw most of them long enough before its capture ends. On a quiet veth the
 * last request may be the last packet, while the NIC's capture goes on and shows that time passed. Null when one
 * request was answered.
 * @param guardSeconds longest time that an answer may take
 */
export function silentEchoes(
  evidence: Evidence,
  conversation: Conversation,
  guardSeconds: number,
): SilentEchoes | null {
  const answered = lastAnswers(evidence);
  const index = indexOf(evidence);
  const [{ point: nearest, client, server }] = conversation.legs;
  const echoes = index.echoes(conversation);
  if (echoes.some((echo) => echo.point === nearest && (echo.reply !== null || isMirroredOneWay(evidence, echo))))
    return null;
  if (echoes.some((echo) => echoIsForOne(echo) === 'refuted')) return null;
  let best: SilentEchoes | null = null;
  for (const leg of conversation.legs) {
    if (leg.client.address !== client.address || leg.server.address !== server.address) continue;
    const { point } = leg;
    const since = answered.get(`${point} ${client.address} ${server.address}`) ?? Number.NEGATIVE_INFINITY;
    const requests = echoes.flatMap((echo) =>
      echo.point === point && echo.request !== null && echo.request.time > since ? [echo.request] : [],
    );
    const due = requests.filter(({ time }) => time <= index.endOf(point) - guardSeconds).length;
    if (requests.length > 0 && due > (best?.due ?? -1)) best = { point, ...unanswered(requests), due };
  }
  return best;
}

const answers = new WeakMap<Evidence, ReadonlyMap<string, number>>();

/** Send time of the last answered echo request of each pair, by point. */
function lastAnswers(evidence: Evidence): ReadonlyMap<string, number> {
  const known = answers.get(evidence);
  if (known !== undefined) return known;
  const last = new Map<string, number>();
  for (const { point, source, destination, request, reply } of evidence.echoes) {
    if (request === null || reply === null) continue;
    const key = `${point} ${source} ${destination}`;
    last.set(key, Math.max(last.get(key) ?? 0, request.time));
  }
  answers.set(evidence, last);
  return last;
}

/** IP length of the smallest echo request, octets. */
export function smallestEcho(evidence: Evidence, conversations: readonly Conversation[]): number {
  const index = indexOf(evidence);
  return Math.min(
    ...conversations.flatMap((conversation) => index.echoes(conversation).map(({ l3Length }) => l3Length)),
  );
}

/** Mirrored traffic (ERSPAN travels in GRE) often holds one direction only. */
const isMirroredOneWay = (evidence: Evidence, { point, encapsulation }: EchoExchange): boolean =>
  encapsulation.includes('gre') &&
  !evidence.tunnels.some(
    (there) =>
      there.point === point &&
      evidence.tunnels.some(
        (back) => back.point === point && back.source === there.destination && back.destination === there.source,
      ),
  );
