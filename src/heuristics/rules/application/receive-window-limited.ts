import { type Evidence, TO_SERVER, type Transfer } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { gatesOf } from '../../facts/gates.ts';
import { aboutConnections } from '../../facts/tcp/about-endings.ts';
import { ENDINGS_THRESHOLDS } from '../../facts/tcp/endings.ts';
import { transferPackets } from '../../facts/tcp/transfer-packets.ts';
import {
  type LongTransfer,
  longestByServer,
  longTransfers,
  rateOf,
  rateText,
  TRANSFER_THRESHOLDS,
} from '../../facts/tcp/transfers.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Explanation, type Names, type Occurrence } from '../../rule/rule.ts';
import { sockets } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

const thresholds = {
  roundTrip: { value: 0.005, unit: 's', source: 'docs/thresholds.md, window-limit' },
  window: { value: 65_535, unit: 'octets', source: 'RFC 7323, 2.1: the largest window without scaling' },
  leastShare: { value: 0.7, unit: 'share', source: 'docs/thresholds.md, window-limit' },
  mostShare: { value: 1.5, unit: 'factor', source: 'docs/thresholds.md, window-limit' },
  heldShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, window-limit' },
  shrunkShare: { value: 0.75, unit: 'share', source: 'docs/thresholds.md, window-limit' },
  pausedShare: { value: 0.3, unit: 'share', source: 'docs/thresholds.md, window-limit' },
} as const;

interface WindowLimited extends Occurrence {
  server: string;
  receiver: string;
  rate: number;
  limit: number;
  window: number;
  roundTrip: number;
  octets: number;
  seconds: number;
  scaled: boolean;
  /** Seconds in which the window was full for longer than two round trips: the receiver reads slowly. */
  held: number;
  isSlowReader: boolean;
}

/** The receive window, not the path, limits a transfer. */
export const receiveWindowLimited = defineRule<WindowLimited>({
  meta: {
    id: 'receive-window-limited',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    explainedBy: ['zero-window-stall'],
    summary: 'A transfer is slow because the receiver’s window is small for the path, or because it reads slowly',
    meaning:
      'A sender may have one window of octets under way for each round trip. The receiver announces a small window, so the rate is window divided by round trip, whatever the path can carry.',
    rule: 'A transfer of 32,768 octets and more that lost nothing takes a second or longer on a path of 5 ms and more, with a mean window of 65,535 octets at most, at 0.7 to 1.5 times the rate of one window a round trip; or, on any path, half of it are waits of two round trips and more in which the window of the receiver is full, and it has shrunk by a quarter.',
    notThis: [
      'A short path, and a receiver that reads at once: a small window is no limit there.',
      'The sender pauses: sender-limited.',
      'A queue on the path: the window is full and as large as ever.',
      'A window that shuts: zero-window-stall.',
      'A rate far below one window a round trip: something else limits it.',
      'A window that has grown: above 65,535 octets on average.',
    ],
    causes: [
      'A small receive buffer (SO_RCVBUF, net.ipv4.tcp_rmem)',
      'Window scaling is off or was removed on the way',
      'The receiver reads slowly',
    ],
    confirm: [
      {
        on: '<receiver>',
        command: 'sysctl net.ipv4.tcp_rmem net.ipv4.tcp_window_scaling',
        expect: 'a small maximum, or scaling off',
      },
    ],
    fix: ['Raise the receive buffer of the program or of the system, or let the system choose it (no SO_RCVBUF)'],
    references: ['RFC 7323, 1.1: window and bandwidth-delay product', 'tcp(7), tcp_rmem'],
  },
  thresholds: {
    ...thresholds,
    ...TRANSFER_THRESHOLDS,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, longest, all } of longestByServer(
      longTransfers(evidence),
      (one) => isSlowlyRead(one) || isWindowLimited(evidence, one),
    )) {
      const { leg, transfer } = longest;
      const roundTrip = longest.roundTrip.most;
      const receiver = transfer.direction === TO_SERVER ? leg.server : leg.client;
      yield {
        ...aboutConnections(evidence, server, all, transferPackets),
        grade: gradeOf({
          [isSlowlyRead(longest) ? 'window-is-full' : 'rate-is-window-by-round-trip']: 'passed',
          'nothing-lost': 'passed',
        }),
        measured: {
          octetsPerSecond: rateOf(transfer),
          windowOctets: transfer.meanWindow,
          roundTripSeconds: roundTrip,
          octets: transfer.octets,
          seconds: transfer.seconds,
          heldSeconds: transfer.heldSeconds,
        },
        server,
        receiver: receiver.address,
        rate: rateOf(transfer),
        limit: transfer.meanWindow / roundTrip,
        window: transfer.meanWindow,
        roundTrip,
        octets: transfer.octets,
        seconds: transfer.seconds,
        held: transfer.heldSeconds,
        isSlowReader: isSlowlyRead(longest),
        scaled: leg.directions.every(({ windowScale }) => windowScale !== null),
      };
    }
  },

  explain(occurrence, names) {
    if (occurrence.isSlowReader) return explainSlowReader(occurrence, names);
    const { server, receiver, rate, limit, window, roundTrip, octets, seconds, scaled } = occurrence;
    const { address, port } = endpointParts(server);
    return {
      message: `The window of ${names.address(receiver)} limits the transfer to ${rateText(rate)}: ${Math.round(window)} octets for each round trip of ${duration(roundTrip)} (${server})`,
      why: `${octets} octets took ${duration(seconds)} without a loss. ${Math.round(window)} octets in ${duration(roundTrip)} are ${rateText(limit)}: more cannot be under way, so the path has room and the sender waits for the window.`,
      causes: [
        {
          id: 'small-receive-buffer',
          cause: 'the receive buffer of the program or of the system is small',
          telling: scaled ? ['both sides scale windows, and it still stays small'] : [],
          for: [],
          against: [],
        },
        {
          id: 'no-window-scaling',
          cause: 'windows are not scaled: one side does not offer it, or a device removed the option',
          telling: scaled ? [] : ['one SYN lacks the option'],
          for: [],
          against: scaled ? ['both SYNs have the option'] : [],
        },
        { id: 'slow-reader', cause: 'the program reads slowly, so its buffer stays full', for: [], against: [] },
      ],
      confirm: [
        {
          on: names.machine(receiver),
          command: 'sysctl net.ipv4.tcp_rmem net.ipv4.tcp_window_scaling',
          expect: 'a small maximum, or scaling off',
        },
        sockets(names.machine(receiver), '-tnim', 'either', port, 'rcv_space and rb of this connection'),
      ],
      fix: [
        `Give the receiver a buffer of at least the rate that is wanted times ${duration(roundTrip)}, or remove SO_RCVBUF so that the system chooses it.`,
      ],
      wireshark: `${withAddress(address)} && tcp.port==${port}`,
    };
  },
});

/**
 * The sender waits with a full window for most of the time, and the window is smaller than it was: the receiver has
 * octets that it does not read. A window that stays large and full says that the octets are on the path.
 */
const isSlowlyRead = ({ leg, transfer }: LongTransfer): boolean =>
  transfer.heldSeconds >= thresholds.heldShare.value * transfer.seconds &&
  transfer.meanWindow <= thresholds.shrunkShare.value * leg.directions[transfer.direction].largestFlight;

function isWindowLimited(evidence: Evidence, { leg, transfer, roundTrip: { most: roundTrip } }: LongTransfer): boolean {
  if (roundTrip < thresholds.roundTrip.value || transfer.meanWindow > thresholds.window.value) return false;
  const isPaused = transfer.pausedSeconds > thresholds.pausedShare.value * transfer.seconds;
  if (isPaused && Number.isFinite(roundTrip)) return false;
  if (leg.rolesFrom === 'guess') return gatesOf(evidence).beginning(leg).ok && mayBeLimited(transfer, roundTrip);
  const share = (rateOf(transfer) * roundTrip) / transfer.meanWindow;
  return share >= thresholds.leastShare.value && share <= thresholds.mostShare.value;
}

/** The window scale was in the handshake, so any window up to the largest of this rule may have been announced. */
const mayBeLimited = (transfer: Transfer, roundTrip: number): boolean =>
  rateOf(transfer) * (Number.isFinite(roundTrip) ? roundTrip : thresholds.roundTrip.value) <=
  thresholds.mostShare.value * thresholds.window.value;

function explainSlowReader(
  { server, receiver, rate, window, octets, seconds, held }: WindowLimited,
  names: Names,
): Explanation {
  const { address, port } = endpointParts(server);
  return {
    message: `${names.address(receiver)} reads slowly: its window is full for ${duration(held)} of ${duration(seconds)}, which limits the transfer to ${rateText(rate)} (${server})`,
    why: `${octets} octets came without a loss. The sender fills the window (${Math.round(window)} octets on average), waits for many round trips, and goes on as soon as the receiver takes what it has.`,
    causes: [
      {
        id: 'slow-reader',
        cause: `the program on ${receiver} reads its socket slowly: it is busy, throttled, or waits for where it writes to`,
        telling: [`the window is full for ${((100 * held) / seconds).toFixed(0)} % of the time`],
        for: [],
        against: [],
      },
      {
        id: 'rate-limit',
        cause: 'the program on the receiver limits its rate on purpose',
        for: [],
        against: [],
      },
    ],
    confirm: [
      sockets(names.machine(receiver), '-tnim', 'either', port, 'octets in Recv-Q: the program does not read them'),
    ],
    fix: [
      `Look at what the program on ${receiver} does with what it reads (its CPU limit, its disk), not at the network.`,
    ],
    wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.analysis.window_full`,
  };
}
