import fc from 'fast-check';
import { expect, test } from 'vitest';
import type {
  CarrierFlow,
  CheckedDirection,
  CheckedSender,
  WrongChecksum,
} from '../../../src/flows/evidence/evidence.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, tcp, udp } from '../../support/frames.ts';
import { isLong } from '../../support/long-run.ts';

/** Encrypted packets and what follows them, and fates of packets with wrong checksums, read from lists. */

const runs = (few: number) => ({ seed: 52, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 3 * few : few)) });
const rarely = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const [A, B] = ['192.0.2.1', '192.0.2.2'];
const millis = (time: number): number => Math.round(time * 1e4) / 1e4;

test('packets of ESP, and the plain ones that follow within 5 ms on their link', async () => {
  const packet = fc.record({
    isEsp: fc.boolean(),
    spi: fc.constantFrom(1, 2),
    isBack: rarely(false, true),
    /** IP length. */
    length: fc.constantFrom(60, 94, 95, 116, 220),
    port: fc.constantFrom(5000, 5001),
    mac: rarely(1, 2),
    gap: fc.constantFrom(0.0001, 0.0002, 0.001, 0.0049, 0.0051, 1),
  });
  const limits = fc.record({ packetsPerItem: rarely(16, 1), carriers: rarely(100, 1) });
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 40 }), limits, async (drawn, limit) => {
      let now = 0;
      const flows: string[] = [];
      const carriers = new Map<string, CarrierFlow>();
      let waiting: { carrier: CarrierFlow; mac: number; length: number; packet: number; time: number }[] = [];
      const expire = (before: number) => {
        for (const { carrier, packet, time } of waiting.filter((one) => one.time < before))
          if (carrier.notFollowed.length < limit.packetsPerItem) carrier.notFollowed.push({ packet, time });
        waiting = waiting.filter((one) => one.time >= before);
      };
      const frames = drawn.map(({ isEsp, spi, isBack, length, port, mac, gap }, index): TimedFrame => {
        if (index > 0) now = millis(now + gap);
        const number = index + 1;
        const ref = { packet: number, time: now };
        const key = isEsp ? 'esp' : `udp ${port}`;
        if (!flows.includes(key)) flows.push(key);
        const flow = flows.indexOf(key);
        const [source, destination] = isBack ? [B, A] : [A, B];
        const link = { source: `02:00:00:00:00:0${mac}` };
        if (isEsp) {
          const name = `${source} ${spi}`;
          let carrier = carriers.get(name);
          if (carrier === undefined && carriers.size < limit.carriers) {
            carrier = {
              ...{
                kind: 'esp',
                point: 0,
                flow,
                source,
                destination,
                spi,
                packets: 0,
                octets: 0,
                first: ref,
                last: ref,
              },
              ...{ sequenceFirst: number, sequenceLast: number, followed: 0, entered: 0, lastFollowed: null },
              innerFlows: [],
              notFollowed: [],
            } satisfies CarrierFlow;
            carriers.set(name, carrier);
          }
          if (carrier !== undefined) {
            carrier.packets++;
            carrier.octets += length;
            carrier.last = ref;
            carrier.sequenceLast = number;
            expire(now - 0.005);
            waiting.push({ carrier, mac, length, packet: number, time: now });
          }
          const content = [0, 0, 0, spi, 0, 0, 0, number, ...Array<number>(length - 28).fill(number)];
          return [now, ethernet(link, ipv4({ source, destination, protocol: 50, id: number }, content))];
        }
        if (waiting.length > 0) expire(now - 0.005);
        const fits = (one: (typeof waiting)[number]) =>
          one.mac === mac && length >= one.length - 121 && length <= one.length - 22;
        const at = waiting.findIndex(fits);
        if (at >= 0) {
          const [{ carrier }] = waiting.splice(at, 1);
          carrier.followed++;
          carrier.lastFollowed = ref;
          const isKnown = carrier.innerFlows.some((inner) => inner.flow === flow);
          if (!isKnown && carrier.innerFlows.length < limit.packetsPerItem) carrier.innerFlows.push({ point: 0, flow });
        }
        const layer = udp({ sourcePort: 4000, destinationPort: port }, new Uint8Array(length - 28).fill(number));
        return [now, ethernet(link, ipv4({ source, destination: '10.9.9.9', id: number }, layer))];
      });
      // The sender is part of the biflow of a plain packet.
      fc.pre(drawn.every(({ isEsp, isBack }) => isEsp || !isBack));
      expire(Number.POSITIVE_INFINITY);
      const { carriers: told } = await digestOf(frames, { limits: limit });
      expect(told).toEqual([...carriers.values()]);
    }),
    runs(120),
  );
});

interface Verified extends WrongChecksum {
  start: number;
  length: number;
  expected: number;
  isRight: boolean;
  isOpen: boolean;
}

test('packets that have to be answered, with right checksums and wrong ones', async () => {
  const packet = fc.record({
    protocol: fc.constantFrom<('udp' | 'tcp')[]>('tcp', 'tcp', 'udp'),
    side: fc.constantFrom<(0 | 1)[]>(0, 1),
    /** TCP: what is sent. */
    what: fc.constantFrom<('data' | 'again' | 'ack' | 'reset')[]>('data', 'again', 'ack', 'ack', 'reset'),
    wrong: rarely<'' | 'ip' | 'transport'>('', 'ip', 'transport', 'transport'),
    isAcked: rarely(true, false),
  });
  const limits = fc.record({ packetsPerItem: rarely(16, 1), checkedDirections: rarely(100, 1, 2) });
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { maxLength: 24 }), fc.boolean(), limits, async (drawn, isSynWrong, limit) => {
      const flows: string[] = [];
      const rows = new Map<
        number,
        { verified: Verified[]; state: Set<string>; last: Verified | null; total: number }
      >();
      const senders: CheckedSender[] = [];
      const senderOf = (side: number): CheckedSender => {
        const mac = `02:00:00:00:00:0${side + 1}`;
        const known = senders.find((one) => one.mac === mac);
        if (known !== undefined) return known;
        const added = { point: 0, mac, rightAnswered: 0, wrong: 0, wrongAnswered: 0 };
        senders.push(added);
        return added;
      };
      let others = 0;
      const next = [1000, 5000];
      const frames: TimedFrame[] = [];
      const send = (
        protocol: 'udp' | 'tcp',
        side: 0 | 1,
        wrong: '' | 'ip' | 'transport',
        segment: { flags: string; seq: number; ack: number; length: number; isAgain: boolean },
      ): void => {
        const number = frames.length + 1;
        const time = frames.length;
        if (!flows.includes(protocol)) flows.push(protocol);
        const row = 2 * flows.indexOf(protocol) + side;
        const [source, destination] = side === 0 ? [A, B] : [B, A];
        const ports =
          side === 0 ? { sourcePort: 40_000, destinationPort: 80 } : { sourcePort: 80, destinationPort: 40_000 };
        const sum = wrong === 'transport' ? { checksum: 0x1234 } : {};
        const { flags, seq, ack, length, isAgain } = segment;
        const payload = new Uint8Array(length).fill(number);
        const layer =
          protocol === 'udp' ? udp({ ...ports, ...sum }, payload) : tcp({ ...ports, ...sum, flags, seq, ack }, payload);
        const ip = ipv4({ source, destination, id: number, ...(wrong === 'ip' && { checksum: 0x1234 }) }, layer);
        frames.push([time, ethernet({ source: `02:00:00:00:00:0${side + 1}` }, ip)]);

        const isSegment = protocol === 'tcp';
        const answers = (expected: number) =>
          !isSegment || flags.includes('R') || (flags.includes('.') && ack >= expected);
        const back = rows.get(row ^ 1);
        if (back !== undefined) {
          if (back.last?.isOpen && answers(back.last.expected)) {
            back.last.isOpen = false;
            if (back.last.isRight) senderOf(1 - side).rightAnswered++;
          }
          for (const one of back.verified) {
            if (one.outcome.startsWith('answered') || !answers(one.expected)) continue;
            if (one.outcome === 'none') senderOf(1 - side).wrongAnswered++;
            one.outcome = one.outcome === 'resent' ? 'answered-when-resent' : 'answered';
          }
        }
        const mine = rows.get(row) ?? { verified: [], state: new Set<string>(), last: null, total: 0 };
        const isSyn = flags.includes('S');
        const seen = [...mine.state].filter((mark) => mark.startsWith('datagram')).length;
        const isWanted = isSegment ? isSyn || (length > 0 && (isAgain || !mine.state.has('data'))) : seen < 3;
        if (!isWanted) return;
        rows.set(row, mine);
        const sender = senderOf(side);
        const fault = wrong === '' ? null : wrong === 'ip' ? 'ip' : protocol;
        const expected = isSegment ? seq + (isSyn ? 1 : length) : 0;
        const known: Verified = {
          ...{ packet: number, time, header: fault ?? 'ip', tunnel: -1, isSyn: isSegment && isSyn, outcome: 'none' },
          ...{ start: seq, length, expected, isRight: fault === null, isOpen: true },
        };
        if (fault === null)
          for (const one of mine.verified) {
            const isSame = !isSegment || (isSyn ? one.isSyn : one.start >= seq && one.start < seq + length);
            if (isSame && one.outcome === 'none') one.outcome = 'resent';
          }
        if (mine.last?.isOpen && isSegment) mine.state.add('troubled');
        mine.state.add(isSegment ? (length > 0 ? 'data' : 'syn') : `datagram ${number}`);
        if (fault === null) mine.state.add('right');
        mine.last = known;
        if (fault === null) return;
        sender.wrong++;
        const wrongs = [...rows.values()].filter(({ total }) => total > 0).length;
        if (mine.total === 0 && wrongs >= limit.checkedDirections) return;
        mine.total++;
        if (mine.verified.length < limit.packetsPerItem) mine.verified.push(known);
      };
      const plain = { flags: '.', length: 0, isAgain: false };
      send('tcp', 0, isSynWrong ? 'transport' : '', { ...plain, flags: 'S', seq: next[0]++, ack: 0 });
      send('tcp', 1, '', { ...plain, flags: 'S.', seq: next[1]++, ack: next[0] });
      send('tcp', 0, '', { ...plain, seq: next[0], ack: next[1] });
      const sent: [number, number] = [0, 0];
      for (const { protocol, side, what, wrong, isAcked } of drawn) {
        const ack = isAcked ? next[1 - side] : next[1 - side] - sent[1 - side];
        if (protocol === 'udp') send('udp', side, wrong, { ...plain, seq: 0, ack: 0, length: 10, flags: '' });
        else if (what === 'ack') send('tcp', side, wrong, { ...plain, seq: next[side], ack });
        else if (what === 'reset') send('tcp', side, wrong, { ...plain, flags: 'R.', seq: next[side], ack });
        else if (what === 'data' || sent[side] === 0) {
          sent[side] = 20;
          next[side] += 20;
          send('tcp', side, wrong, { ...plain, seq: next[side] - 20, ack, length: 20 });
        } else send('tcp', side, wrong, { ...plain, seq: next[side] - 20, ack, length: 20, isAgain: true });
      }
      const checked: CheckedDirection[] = [...rows]
        .sort(([a], [b]) => a - b)
        .flatMap(([row, { verified, state, last, total }]) => {
          if (total === 0) {
            if (!state.has('right') || !(last?.isOpen || state.has('troubled')) || others >= limit.checkedDirections)
              return [];
            others++;
          }
          const wrong = verified.map(({ packet, time, header, tunnel, isSyn, outcome }) => ({
            packet,
            time,
            header,
            tunnel,
            isSyn,
            outcome,
          }));
          const mac = `02:00:00:00:00:0${(row & 1) + 1}`;
          const direction = (row & 1) as 0 | 1;
          return [
            {
              point: 0,
              flow: row >> 1,
              direction,
              mac,
              right: state.has('right'),
              partial: false,
              wrong,
              wrongTotal: total,
            },
          ];
        });
      const digest = await digestOf(frames, { limits: limit });
      expect(digest.checked).toEqual(checked);
      expect(digest.checkedSenders).toEqual(senders.filter((one) => one.rightAnswered + one.wrong > 0));
    }),
    runs(200),
  );
});
