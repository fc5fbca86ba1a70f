import { type Conversation, type Evidence, type IcmpError, TO_CLIENT } from '../../flows/evidence/evidence.ts';
import { gradeOf } from '../rule/grade.ts';
import type { EvidencePacket, Names, Occurrence } from '../rule/rule.ts';
import { appendTo } from '../words/append-to.ts';
import { toAddress } from '../words/display-filter.ts';
import { EXCERPT_LIMIT, packetsAt } from '../words/excerpt.ts';
import { groupBy } from '../words/group-by.ts';
import { endpointText } from './attempts.ts';
import { indexOf } from './evidence-index.ts';
import { breakPointOf } from './place.ts';

/** ICMP errors of some kinds about one destination, from one sender. */
export interface IcmpGroup extends Occurrence {
  from: string;
  client: string;
  destination: string;
  code: number;
  version: 4 | 6;
  errors: number;
  /** Number of further destinations that the group stands for. */
  others: number;
  /** Number of machines that say so, the sender included. */
  speakers: number;
}

export const ICMP_THRESHOLDS = {
  sweep: { value: 10, unit: 'hosts', source: 'docs/thresholds.md, sweep-targets' },
  listed: { value: 3, unit: 'destinations', source: 'docs/thresholds.md, listed-destinations' },
} as const;

/**
 * Groups the errors that `wanted` selects by sender, receiver and the destination they are about. An error seen at
 * several points counts once, at the point that saw most errors.
 */
export function icmpGroups(evidence: Evidence, wanted: (error: IcmpError) => boolean): IcmpGroup[] {
  const groups = new Map<string, IcmpError[]>();
  for (const error of evidence.icmpErrors) {
    if (error.quoted === null || !wanted(error)) continue;
    const key = `${error.from} ${error.quoted.source.address} ${error.quoted.destination.address} ${portOf(error)} ${error.code}`;
    appendTo(groups, key, error);
  }
  return [...groups.values()].map((errors) => groupOf(evidence, errors));
}

/**
 * As `icmpGroups`, but shorter: errors of one machine about many destinations are one group, and so are errors of many
 * machines to one client. Errors about packets that are not in the capture are a note, because they concern no traffic
 * of the capture.
 */
export function icmpGroupsInShort(evidence: Evidence, wanted: (error: IcmpError) => boolean): IcmpGroup[] {
  return sweepsOnce(joined(icmpGroups(evidence, wanted))).map((group) =>
    group.conversations.length > 0 ? group : { ...group, level: 'note' },
  );
}

/** Joins the errors of one machine to one client about many destinations into one group. */
function joined(groups: readonly IcmpGroup[]): IcmpGroup[] {
  const bySpeaker = groupBy(groups, ({ from, client, code }) => `${from} ${client} ${code}`);
  return [...bySpeaker.values()].flatMap((list) => {
    if (list.length <= ICMP_THRESHOLDS.listed.value) return list;
    const [first] = list;
    const packets = list.flatMap((group) => group.packets);
    return [
      {
        ...first,
        key: `${first.client} by ${first.from}`,
        conversations: [...new Set(list.flatMap((group) => group.conversations))],
        packets: packets.slice(0, EXCERPT_LIMIT),
        packetsTotal: list.reduce((sum, group) => sum + group.packetsTotal, 0),
        reach: list.reduce((sum, group) => sum + group.reach, 0),
        ...totalOf(list),
        others: list.length - 1,
      },
    ];
  });
}

const totalOf = (list: readonly IcmpGroup[]): Pick<IcmpGroup, 'errors' | 'measured'> => {
  const errors = list.reduce((sum, group) => sum + group.errors, 0);
  const [{ from, code }] = list;
  return { errors, measured: { errors, from, code } };
};

/** Joins the errors of many machines that refuse one client into one group, as a note. */
function sweepsOnce(groups: readonly IcmpGroup[]): IcmpGroup[] {
  const byClient = groupBy(groups, ({ client }) => client);
  return [...byClient.values()].flatMap((list) =>
    new Set(list.map(({ from }) => from)).size < ICMP_THRESHOLDS.sweep.value
      ? list
      : [
          {
            ...list[0],
            level: 'note' as const,
            others: list.length - 1,
            ...totalOf(list),
            speakers: new Set(list.map(({ from }) => from)).size,
          },
        ],
  );
}

/** "10.0.0.1", or "10.0.0.1 and 9 other machines" for a group that several machines speak in. */
export const speakersText = ({ from, speakers }: IcmpGroup, names: Names): string =>
  speakers === 1 ? names.address(from) : `${names.address(from)} and ${speakers - 1} other machines`;

/** What shows the errors of a group: about its destination, or about all to the client where it stands for several. */
export const aboutGroup = ({ others, destination, client }: IcmpGroup): string =>
  others === 0 ? toAddress(destination) : toAddress(client);

/** " and 9 others" for a group that stands for several. */
export const othersText = ({ others }: IcmpGroup): string => (others === 0 ? '' : ` and ${others} others`);

/** The port, for TCP and UDP errors that a host sends. Errors that a router sends do not depend on the port. */
const portOf = ({ version, code, quoted }: IcmpError): string =>
  quoted !== null && (version === 4 ? code === 3 : code === 4) ? `${quoted.protocol}/${quoted.destination.port}` : '';

function groupOf(evidence: Evidence, errors: readonly IcmpError[]): IcmpGroup {
  const perPoint = new Map<number, IcmpError[]>();
  for (const error of errors) appendTo(perPoint, error.point, error);
  const shown = [...perPoint.values()].reduce((most, list) => (list.length > most.length ? list : most));
  const conversations = withUnanswered(evidence, errors, conversationsOf(evidence, errors));
  const [{ from, quoted, code, version }] = shown;
  const packets: EvidencePacket[] = packetsAt(shown[0].point, shown, `ICMP ${shown[0].type}/${code} from ${from}`, '<');
  const server =
    quoted!.destination.port > 0 && portOf(shown[0]) !== ''
      ? endpointText(quoted!.destination)
      : quoted!.destination.address;
  return {
    key: `${quoted!.source.address}>${server} by ${from}`,
    grade: gradeOf({ 'error-quotes-the-packet': 'passed' }),
    subject: {
      protocol: quoted!.protocol === 6 ? 'tcp' : quoted!.protocol === 17 ? 'udp' : 'ip',
      client: quoted!.source.address,
      server,
    },
    conversations: conversations.map((conversation) => conversation.index),
    between: breakPointOf(conversations)?.between ?? null,
    packets: packets.slice(0, EXCERPT_LIMIT),
    packetsTotal: packets.length,
    reach: Math.max(1, conversations.length),
    measured: { errors: shown.length, from, code },
    from,
    client: quoted!.source.address,
    destination: server,
    code,
    version,
    errors: shown.length,
    others: 0,
    speakers: 1,
  };
}

/** Codes that concern a route: every packet to that address gets the same error (RFC 792; RFC 4443, 3.1). */
const ROUTE_CODES = { 4: [0, 1, 5, 6, 7, 11, 12], 6: [0, 2, 3] } as const;

/**
 * Adds unanswered attempts between the same addresses, because errors are rate limited (Linux icmp_ratelimit: one a
 * second to each address; RFC 4443, 2.4 f) and some attempts get none. For codes that are not about a route the port
 * must be the same too.
 */
function withUnanswered(
  evidence: Evidence,
  errors: readonly IcmpError[],
  quotedOnes: readonly Conversation[],
): Conversation[] {
  if (quotedOnes.length === 0) return [];
  const found = new Set(quotedOnes);
  for (const { quoted, version, code } of errors) {
    if (quoted === null) continue;
    const isRoute = (ROUTE_CODES[version] as readonly number[]).includes(code);
    for (const conversation of conversationsBetween(evidence, quoted.source.address, quoted.destination.address)) {
      if (conversation.client.address !== quoted.source.address || isAnswered(evidence, conversation)) continue;
      const isAlike = quotedOnes.some(
        ({ protocol, server }) => protocol === conversation.protocol && server.port === conversation.server.port,
      );
      if (isRoute || isAlike) found.add(conversation);
    }
  }
  return [...found];
}

function isAnswered(evidence: Evidence, conversation: Conversation): boolean {
  const index = indexOf(evidence);
  return (
    index.connections(conversation).some(({ directions }) => directions[TO_CLIENT].packets > 0) ||
    index.datagrams(conversation).some(({ packets }) => packets[TO_CLIENT] > 0) ||
    index.echoes(conversation).some(({ reply }) => reply !== null)
  );
}

/** Conversations that the quoted packets belong to. */
export function conversationsOf(evidence: Evidence, errors: readonly IcmpError[]): Conversation[] {
  const found = new Set<Conversation>();
  for (const { quoted } of errors) {
    if (quoted === null) continue;
    for (const conversation of conversationsBetween(evidence, quoted.source.address, quoted.destination.address)) {
      const { client, server, protocol } = conversation;
      if ((protocol === 'tcp' || protocol === 'udp') && quoted.protocol !== (protocol === 'tcp' ? 6 : 17)) continue;
      if (protocol !== 'tcp' && protocol !== 'udp' ? quoted.protocol === 6 || quoted.protocol === 17 : false) continue;
      const ports = conversation.legs.some(
        (leg) =>
          (leg.client.port === quoted.source.port && leg.server.port === quoted.destination.port) ||
          (leg.client.port === quoted.destination.port && leg.server.port === quoted.source.port),
      );
      if (ports || protocol === 'icmp' || client.port + server.port === 0) found.add(conversation);
    }
  }
  return [...found];
}

function conversationsBetween(evidence: Evidence, a: string, b: string): readonly Conversation[] {
  return byPair(evidence).get(pairKey(a, b)) ?? [];
}

const pairs = new WeakMap<Evidence, Map<string, Conversation[]>>();
const pairKey = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** Conversations by the address pairs of their legs. With NAT a conversation has several pairs. */
function byPair(evidence: Evidence): Map<string, Conversation[]> {
  const known = pairs.get(evidence);
  if (known !== undefined) return known;
  const made = new Map<string, Conversation[]>();
  for (const conversation of evidence.conversations) {
    const keys = new Set(conversation.legs.map((leg) => pairKey(leg.client.address, leg.server.address)));
    for (const key of keys) {
      const list = made.get(key);
      if (list === undefined) made.set(key, [conversation]);
      else list.push(conversation);
    }
  }
  pairs.set(evidence, made);
  return made;
}
