import {
  type Connection,
  type Direction,
  type Evidence,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { aboutConnections } from '../../facts/tcp/about-endings.ts';
import { ENDINGS_THRESHOLDS } from '../../facts/tcp/endings.ts';
import { transferPackets } from '../../facts/tcp/transfer-packets.ts';
import {
  knowsPauses,
  type LongTransfer,
  longestByServer,
  longTransfers,
  rateOf,
  rateText,
  TRANSFER_THRESHOLDS,
} from '../../facts/tcp/transfers.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { sockets } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

const thresholds = {
  pauses: { value: 5, unit: 'count', source: 'docs/thresholds.md, sender-pauses' },
  share: { value: 0.7, unit: 'share', source: 'docs/thresholds.md, sender-pauses' },
  burstOctets: { value: 1024, unit: 'octets', source: 'docs/thresholds.md, sender-pauses' },
} as const;

interface SenderLimited extends Occurrence {
  server: string;
  sender: string;
  octets: number;
  seconds: number;
  pauses: number;
  paused: number;
  rate: number;
  window: number;
}

/** The sender pauses although the window is open and nothing is under way. */
export const senderLimited = defineRule<SenderLimited>({
  meta: {
    id: 'sender-limited',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    explainedBy: ['server-slow'],
    summary: 'A transfer is slow because its sender pauses',
    meaning:
      'All that was sent is acknowledged, the window is open, and nothing is lost: the program that sends has nothing to send, or is told to send slowly.',
    rule: 'A transfer of 32,768 octets and more that is complete, or whose length was announced, and lost nothing takes a second or longer, and 70 % of it are five pauses or more in which nothing is under way and the window is open.',
    notThis: [
      'Streams without an end (logs, video, events): the transfer is not complete in the capture, or the client ends it.',
      'Events: small pieces, each as it happens.',
      'The window or the path limits it: something is under way.',
      'Losses: pauses are timeouts.',
    ],
    causes: [
      'The program reads from a slow source (disk, database, another service)',
      'A rate limit of the program or proxy (limit_rate)',
      'CPU limit',
    ],
    confirm: [{ on: '<sender>', command: 'ss -tni', expect: 'app_limited, and an empty Send-Q' }],
    fix: ['Look at what the sender waits for, not at the network'],
    references: ['RFC 9293, 3.8.6', 'Linux tcp(7); ss(8): app_limited'],
  },
  thresholds: {
    ...thresholds,
    ...TRANSFER_THRESHOLDS,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, longest, all } of longestByServer(longTransfers(evidence), (one) =>
      isSenderLimited(evidence, one),
    )) {
      const { leg, transfer } = longest;
      yield {
        ...aboutConnections(evidence, server, all, transferPackets),
        grade: gradeOf({ 'window-open': 'passed', 'nothing-under-way': 'passed' }),
        measured: {
          octets: transfer.octets,
          seconds: transfer.seconds,
          pauses: transfer.pauses,
          pausedSeconds: transfer.pausedSeconds,
          meanWindow: transfer.meanWindow,
        },
        server,
        sender: (transfer.direction === TO_SERVER ? leg.client : leg.server).address,
        octets: transfer.octets,
        seconds: transfer.seconds,
        pauses: transfer.pauses,
        paused: transfer.pausedSeconds,
        rate: rateOf(transfer),
        window: transfer.meanWindow,
      };
    }
  },

  explain({ server, sender, octets, seconds, pauses, paused, rate, window }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `${names.address(sender)} sends ${octets} octets in ${duration(seconds)} (${rateText(rate)}) and pauses ${duration(paused)} of it (${server})`,
      why: `In ${pauses} pauses everything was acknowledged and the window was open (${Math.round(window)} octets on average): the sender had nothing to send. No packet was lost.`,
      causes: [
        {
          id: 'slow-source',
          cause: 'the program that sends waits for its source (disk, database, another service), or is throttled',
          for: [`${((100 * paused) / seconds).toFixed(0)} % of the time nothing is under way`],
          against: [],
        },
        {
          id: 'rate-limit',
          cause: 'the program or a proxy limits the rate on purpose',
          for: [`bursts of ${Math.round(octets / Math.max(1, pauses))} octets on average`],
          against: [],
        },
      ],
      confirm: [sockets(names.machine(sender), '-tni', 'either', port, 'app_limited')],
      fix: ['Look at what the sender waits for: its source, its CPU limit, a rate limit.'],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.len>0`,
    };
  },
});

/** The capture ends before the transfer, whose length was announced: it is no stream without an end. */
const isAnnounced = ({ application }: Connection, direction: Direction): boolean =>
  direction === TO_CLIENT && application?.awaited !== undefined;

function isSenderLimited(evidence: Evidence, one: LongTransfer): boolean {
  const { leg, transfer } = one;
  const { end } = leg;
  const isComplete =
    isAnnounced(leg, transfer.direction) ||
    (end !== null && (end.direction === transfer.direction || (!end.byReset && !end.unread))) ||
    // Of a connection that began before, a slow turn may be a key that was pressed.
    (leg.rolesFrom !== 'guess' && leg.slowTurns.some(({ thinkSeconds }) => thinkSeconds !== null));
  return (
    isComplete &&
    knowsPauses(evidence, one) &&
    transfer.pauses >= thresholds.pauses.value &&
    transfer.pausedSeconds >= thresholds.share.value * transfer.seconds &&
    transfer.octets >= thresholds.burstOctets.value * transfer.pauses
  );
}
