import type {
  Connection,
  Conversation,
  CountedValue,
  Evidence,
  Leg,
  TunnelFlow,
} from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { appendTo } from '../words/append-to.ts';
import { indexOf } from './evidence-index.ts';

export const VTEP_THRESHOLDS = {
  /**
   * Least share of a tunnel flow's packets that must carry an inner MAC before it stands for the VTEP (flannel: all of
   * them).
   */
  vtepMacShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, vtep-share' },
} as const;
/** MACs that do not name a VTEP: unset, broadcast, multicast, and the dummy MACs of Calico and Cilium. */
const NO_VTEP = [/^00:00:00:00:00:00$/, /^ff:/, /^01:/, /^33:33:/, /^ee:ee:ee:ee:ee:ee$/];

/** Whether a MAC can belong to one machine. */
export const isVtepMac = (mac: string): boolean => !NO_VTEP.some((pattern) => pattern.test(mac));

const dominant = (values: readonly CountedValue<string>[], packets: number): string | null => {
  const best = values.reduce<CountedValue<string> | null>(
    (most, value) => (most === null || value.count > most.count ? value : most),
    null,
  );
  if (best === null || best.count < packets * VTEP_THRESHOLDS.vtepMacShare.value || !isVtepMac(best.value)) return null;
  return best.value;
};

/** Inner source MAC that stands for the sending VTEP; null when no single one does. */
export const sendingVtep = (flow: TunnelFlow): string | null => dominant(flow.innerSourceMacs, flow.packets);
/** Inner destination MAC that stands for the receiving VTEP; null when no single one does. */
export const meantVtep = (flow: TunnelFlow): string | null => dominant(flow.innerDestinationMacs, flow.packets);

/** Outcome of the conversations that travel in some tunnel flows. */
export interface Fate {
  answered: Conversation[];
  unanswered: Conversation[];
  /** Packets sent by the unanswered conversations. */
  unansweredPackets: number;
}

/**
 * Separates the conversations whose requests travel in `flows` into answered and unanswered ones.
 *
 * @param isMeant selects conversations that have such a leg at the points of the flows
 */
export function fateOf(
  evidence: Evidence,
  flows: readonly TunnelFlow[],
  isMeant: (leg: Leg) => boolean = () => true,
): Fate {
  const numbers = new Set(flows.map((flow) => flow.index));
  const points = new Set(flows.map((flow) => flow.point));
  const index = indexOf(evidence);
  const fate: Fate = { answered: [], unanswered: [], unansweredPackets: 0 };
  for (const conversation of travellers(evidence, flows)) {
    if (!conversation.legs.some((leg) => points.has(leg.point) && isMeant(leg))) continue;
    const connection = index.connections(conversation).find((leg) => points.has(leg.point) && travelsIn(leg, numbers));
    if (connection !== undefined) {
      sort(fate, conversation, connection.directions[TO_CLIENT].packets > 0, connection.directions[TO_SERVER].packets);
      continue;
    }
    const datagram = index
      .datagrams(conversation)
      .find((leg) => points.has(leg.point) && leg.tunnels.some((number) => numbers.has(number)));
    if (datagram !== undefined) {
      sort(fate, conversation, datagram.packets[TO_CLIENT] > 0, datagram.packets[TO_SERVER]);
      continue;
    }
    const echoes = index.echoes(conversation).filter((echo) => points.has(echo.point) && echo.encapsulation.length > 0);
    if (
      echoes.some((echo) =>
        flows.some((flow) => flow.point === echo.point && carries(flow, echo.source, echo.destination)),
      )
    ) {
      sort(
        fate,
        conversation,
        echoes.some((echo) => echo.reply !== null),
        echoes.length,
      );
    }
  }
  return fate;
}

/**
 * Conversations by the tunnel flows that their requests travel in, and conversations with echoes in any tunnel, in
 * order.
 */
interface Travellers {
  byTunnel: Map<number, Conversation[]>;
  withEchoes: Conversation[];
}

const travellersOf = new WeakMap<Evidence, Travellers>();

/** The conversations that may travel in `flows`, each once, in order of the evidence. */
function travellers(evidence: Evidence, flows: readonly TunnelFlow[]): Conversation[] {
  let known = travellersOf.get(evidence);
  if (known === undefined) travellersOf.set(evidence, (known = findTravellers(evidence)));
  const { byTunnel, withEchoes } = known;
  const found = new Set([...withEchoes, ...flows.flatMap((flow) => byTunnel.get(flow.index) ?? [])]);
  return [...found].sort((a, b) => a.index - b.index);
}

function findTravellers(evidence: Evidence): Travellers {
  const index = indexOf(evidence);
  const byTunnel = new Map<number, Conversation[]>();
  const withEchoes: Conversation[] = [];
  for (const conversation of evidence.conversations) {
    const tunnels = new Set<number>();
    for (const connection of index.connections(conversation)) {
      for (const number of connection.directions[TO_SERVER].tunnels) tunnels.add(number);
    }
    for (const { tunnels: carriers } of index.datagrams(conversation)) {
      for (const number of carriers) tunnels.add(number);
    }
    for (const number of tunnels) appendTo(byTunnel, number, conversation);
    if (index.echoes(conversation).some((echo) => echo.encapsulation.length > 0)) withEchoes.push(conversation);
  }
  return { byTunnel, withEchoes };
}

const travelsIn = (connection: Connection, numbers: ReadonlySet<number>): boolean =>
  connection.directions[TO_SERVER].packets > 0 &&
  connection.directions[TO_SERVER].tunnels.some((number) => numbers.has(number));

/** Whether the tunnel carries packets of this source to this destination. */
export const carries = (flow: TunnelFlow, source: string, destination: string): boolean =>
  flow.innerSources.some(({ value }) => value === source) &&
  flow.innerDestinations.some(({ value }) => value === destination);

function sort(fate: Fate, conversation: Conversation, answered: boolean, packets: number): void {
  if (answered) fate.answered.push(conversation);
  else {
    fate.unanswered.push(conversation);
    fate.unansweredPackets += packets;
  }
}

/** First packets of some tunnel flows, for an excerpt. */
export const firstPackets = (flows: readonly TunnelFlow[], note: (flow: TunnelFlow) => string) =>
  flows.map((flow) => ({ ...flow.first, point: flow.point, direction: '' as const, note: note(flow) }));
