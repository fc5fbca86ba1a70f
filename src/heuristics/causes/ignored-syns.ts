import { type Connection, type Endpoint, type Evidence, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { attemptsOf, endpointText } from '../facts/attempts.ts';
import { indexOf } from '../facts/evidence-index.ts';
import { inOrder } from '../facts/packet-order.ts';
import type { Command } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { appendTo } from '../words/append-to.ts';
import { groupBy } from '../words/group-by.ts';

export const IGNORED_SYN_THRESHOLDS = {
  /** Fewest ignored SYNs that must have the property, and answered SYNs that must lack it. */
  ignoredSyns: { value: 3, unit: 'attempts', source: 'docs/thresholds.md, three-cases' },
  /** Share of the SYNs that must agree. */
  ignoredShare: { value: 0.9, unit: 'share', source: 'docs/thresholds.md, nine-of-ten' },
  /**
   * Seconds for which a server remembers the time stamp of an address and a closed connection waits: TCP_TIMEWAIT_LEN
   * of Linux.
   */
  memorySeconds: { value: 60, unit: 's', source: 'Linux include/net/tcp.h, TCP_TIMEWAIT_LEN' },
  /** A SYN that follows sooner is a copy: TCP_RTO_MIN of Linux. */
  synCopySeconds: {
    value: 0.2,
    unit: 's',
    source: 'Linux include/net/tcp.h, TCP_RTO_MIN: what follows sooner is a copy',
  },
} as const;

/** Properties that the SYNs ignored by a server share, and that the answered SYNs lack. */
export interface IgnoredSyns {
  /**
   * Ignored SYNs whose time stamp was lower than the last one for which their address got an answer. 0 when this does
   * not separate ignored from answered SYNs.
   */
  lowerTimestamp: number;
  /** The address that these clients share. */
  sharedAddress: string;
  /** Answered SYNs with a higher time stamp. */
  higherAnswered: number;
  /**
   * Ignored SYNs from a port that the client had used for the same server less than a minute before. 0 when this does
   * not separate ignored from answered SYNs.
   */
  reusedPort: number;
  freshAnswered: number;
}

/**
 * Compares ignored and answered SYNs to one listener as the server sees them, at the last point of their path. Behind a
 * NAT several clients have one address there, and each has its own clock for its TCP time stamps.
 */
export function ignoredSyns(evidence: Evidence, server: Endpoint): IgnoredSyns {
  const known = remembered.get(evidence) ?? new Map<string, IgnoredSyns>();
  remembered.set(evidence, known);
  const key = endpointText(server);
  const found = known.get(key) ?? compared(seenByServer(evidence).get(key) ?? []);
  known.set(key, found);
  return found;
}

/** Cached because several rules need it, for every client of a server. */
const remembered = new WeakMap<Evidence, Map<string, IgnoredSyns>>();

function compared(seen: Seen[]): IgnoredSyns {
  seen.sort((a, b) => inOrder(a.connection.syn[0], b.connection.syn[0]));
  return { ...timestampsOf(seen), ...reusedPortsOf(seen) };
}

const servers = new WeakMap<Evidence, Map<string, Seen[]>>();

/** Ignored and answered SYNs by listener. */
function seenByServer(evidence: Evidence): Map<string, Seen[]> {
  const known = servers.get(evidence);
  if (known !== undefined) return known;
  const found = new Map<string, Seen[]>();
  for (const { connection: asked, conversation, outcome } of attemptsOf(evidence)) {
    const connection = indexOf(evidence).connections(conversation).at(-1);
    if (connection === undefined || connection.syn.length === 0) continue;
    const ignored = outcome === 'silent' || wasRepeated(connection);
    if (!ignored && outcome !== 'answered') continue;
    appendTo(found, endpointText(asked.server), { connection, ignored, time: connection.syn[0].time });
  }
  servers.set(evidence, found);
  return found;
}

/** Whether the client had to repeat its SYN before the answer came. */
const wasRepeated = ({ syn, synAck }: Connection): boolean =>
  synAck.length > 0 &&
  syn.some(({ time }) => time - syn[0].time >= IGNORED_SYN_THRESHOLDS.synCopySeconds.value && time < synAck[0].time);

interface Seen {
  /** As seen nearest to the server. */
  connection: Connection;
  ignored: boolean;
  time: number;
}

const listenerOf = ({ connection: { point, client, server } }: Seen): string =>
  `${point} ${client.address} ${endpointText(server)}`;

const tsvalOf = ({ connection }: Seen): number | null => connection.directions[TO_SERVER].tsFirst;

/** Time stamps are compared by serial arithmetic (RFC 7323, 5.2). */
const isLower = (a: number, b: number): boolean => ((a - b) | 0) < 0;

function timestampsOf(seen: readonly Seen[]): Pick<IgnoredSyns, 'lowerTimestamp' | 'higherAnswered' | 'sharedAddress'> {
  for (const group of groupBy(seen, listenerOf).values()) {
    let highest: { value: number; time: number } | null = null;
    const count = { lowIgnored: 0, lowAnswered: 0, highIgnored: 0, highAnswered: 0 };
    for (const one of group) {
      const value = tsvalOf(one);
      if (value === null) continue;
      if (highest !== null && one.time - highest.time > IGNORED_SYN_THRESHOLDS.memorySeconds.value) highest = null;
      const low: boolean = highest !== null && isLower(value, highest.value);
      if (one.ignored) count[low ? 'lowIgnored' : 'highIgnored']++;
      else count[low ? 'lowAnswered' : 'highAnswered']++;
      if (!one.ignored && !low) highest = { value, time: one.time };
    }
    const { lowIgnored, lowAnswered, highIgnored, highAnswered } = count;
    if (
      lowIgnored >= IGNORED_SYN_THRESHOLDS.ignoredSyns.value &&
      highAnswered >= IGNORED_SYN_THRESHOLDS.ignoredSyns.value &&
      lowIgnored >= IGNORED_SYN_THRESHOLDS.ignoredShare.value * (lowIgnored + lowAnswered) &&
      highAnswered >= IGNORED_SYN_THRESHOLDS.ignoredShare.value * (highIgnored + highAnswered)
    )
      return {
        lowerTimestamp: lowIgnored,
        higherAnswered: highAnswered,
        sharedAddress: group[0].connection.client.address,
      };
  }
  return { lowerTimestamp: 0, higherAnswered: 0, sharedAddress: '' };
}

function reusedPortsOf(seen: readonly Seen[]): Pick<IgnoredSyns, 'reusedPort' | 'freshAnswered'> {
  const last = new Map<string, number>();
  const count = { reusedIgnored: 0, reusedAnswered: 0, freshIgnored: 0, freshAnswered: 0 };
  for (const { connection, ignored, time } of seen) {
    const key = `${connection.point} ${endpointText(connection.client)} ${endpointText(connection.server)}`;
    const before = last.get(key);
    last.set(key, connection.last.time);
    const reused = before !== undefined && time - before <= IGNORED_SYN_THRESHOLDS.memorySeconds.value;
    if (ignored) count[reused ? 'reusedIgnored' : 'freshIgnored']++;
    else count[reused ? 'reusedAnswered' : 'freshAnswered']++;
  }
  const { reusedIgnored, reusedAnswered, freshIgnored, freshAnswered } = count;
  const separates =
    reusedIgnored >= IGNORED_SYN_THRESHOLDS.ignoredSyns.value &&
    freshAnswered >= IGNORED_SYN_THRESHOLDS.ignoredSyns.value &&
    reusedIgnored >= IGNORED_SYN_THRESHOLDS.ignoredShare.value * (reusedIgnored + reusedAnswered) &&
    freshAnswered >= IGNORED_SYN_THRESHOLDS.ignoredShare.value * (freshIgnored + freshAnswered);
  return separates ? { reusedPort: reusedIgnored, freshAnswered } : { reusedPort: 0, freshAnswered: 0 };
}

/** Causes that the comparison supports. Empty when it does not separate ignored from answered SYNs. */
export const ignoredSynCauses = (found: IgnoredSyns): Cause[] => [
  ...(found.lowerTimestamp === 0
    ? []
    : [
        {
          id: 'time-stamps-by-address',
          cause:
            'the server compares TCP time stamps by address (net.ipv4.tcp_tw_recycle, Linux before 4.12, or a middlebox), and several clients share one behind NAT',
          telling: [
            `${found.lowerTimestamp} ignored SYNs of ${found.sharedAddress} have a lower time stamp than the last one answered`,
            `${found.higherAnswered} with a higher one are answered`,
          ],
          for: [],
          against: [],
          fix: [
            'Set net.ipv4.tcp_tw_recycle to 0 on the server (it is gone in Linux 4.12), or turn TCP time stamps off for these clients.',
          ],
        },
      ]),
  ...(found.reusedPort === 0
    ? []
    : [
        {
          id: 'port-reused',
          cause:
            'the source port was used shortly before, and an old entry takes the SYN for a packet of that connection (IPVS conn_reuse_mode, conntrack, TIME-WAIT)',
          telling: [
            `${found.reusedPort} ignored SYNs come from a port used for the same server less than ${IGNORED_SYN_THRESHOLDS.memorySeconds.value} s before`,
            `${found.freshAnswered} from fresh ports are answered`,
          ],
          for: [],
          against: [],
          fix: [
            'Give the clients more source ports (net.ipv4.ip_local_port_range, more addresses behind NAT), and set net.ipv4.vs.conn_reuse_mode to 0 where kube-proxy uses IPVS.',
          ],
        },
      ]),
];

export const ignoredSynCommands = (found: IgnoredSyns, on: string): Command[] => [
  ...(found.lowerTimestamp === 0
    ? []
    : [
        {
          on,
          command: 'nstat -az TcpExtPAWSPassive TcpExtPAWSActive; sysctl net.ipv4.tcp_tw_recycle',
          expect: 'PAWSPassive rises with each ignored SYN; tcp_tw_recycle = 1 (it must be 0)',
        },
      ]),
  ...(found.reusedPort === 0
    ? []
    : [
        {
          on,
          command: 'sysctl net.ipv4.vs.conn_reuse_mode net.ipv4.ip_local_port_range; conntrack -S',
          expect: 'conn_reuse_mode = 1 with a kernel before 5.9; a narrow port range; insert_failed or drop rises',
        },
      ]),
];

/** Measured values of the ignored SYNs for the finding. */
export const measuredIgnored = ({ lowerTimestamp, reusedPort }: IgnoredSyns) => ({
  ...(lowerTimestamp === 0 ? {} : { lowerTimestamp }),
  ...(reusedPort === 0 ? {} : { reusedPort }),
});
