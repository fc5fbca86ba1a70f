import type {
  Direction,
  IdleGap,
  RepeatedRange,
  SegmentEvent,
  SegmentKind,
  Turn,
  ZeroWindowSpan,
} from '../../src/flows/evidence/evidence.ts';
import { ref } from './evidence.ts';

/** What happens inside a connection, for the rows of the TCP rules. Times are seconds. */
export const segment = (
  time: number,
  kind: SegmentKind,
  direction: Direction,
  some: Partial<SegmentEvent> = {},
): SegmentEvent => ({
  ...ref(time),
  direction,
  kind,
  flags: 16,
  seqStart: 1,
  seqEnd: 101,
  ack: 1,
  window: 65535,
  l3Length: 140,
  ttl: 64,
  ipId: 0,
  ...some,
});

/** Octets sent `times.length` times, never acknowledged unless said. */
export const repeat = ({
  times = [0.1, 0.3, 0.7, 1.5, 3.1],
  ...some
}: Partial<RepeatedRange> & { times?: number[] } = {}): RepeatedRange => ({
  seqStart: 101,
  seqEnd: 201,
  l3Length: 152,
  smallestL3Length: 152,
  packets: times.map(ref),
  sendings: times.length,
  dontFragment: true,
  ackedTime: null,
  ackedPacket: null,
  reversePacketsMeanwhile: 0,
  ...some,
});

/** A pause of `seconds` that ends at `end`. */
export const pause = (
  seconds: number,
  end: number,
  direction: Direction = 0,
  some: Partial<IdleGap> = {},
): IdleGap => ({
  seconds,
  from: ref(end - seconds),
  to: ref(end),
  direction,
  octets: 100,
  keepAlive: false,
  ...some,
});

export const shut = (
  direction: Direction,
  start: number,
  end: number | null,
  some: Partial<ZeroWindowSpan> = {},
): ZeroWindowSpan => ({
  direction,
  start: ref(start),
  end: end === null ? null : ref(end),
  probes: 0,
  lastTime: end ?? start,
  ...some,
});

/** A request at `at`, answered `seconds` later. */
export const turn = (at: number, seconds: number, some: Partial<Turn> = {}): Turn => ({
  request: ref(at),
  requestOctets: 100,
  requestSeconds: 0,
  ackTime: at + 0.001,
  response: ref(at + seconds),
  seconds,
  answerOctets: 100,
  answerSeconds: 0,
  thinkSeconds: 0.3,
  tls: false,
  ...some,
});
