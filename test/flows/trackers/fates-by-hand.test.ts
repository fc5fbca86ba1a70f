import { describe, expect, test } from 'vitest';
import type { Packet } from '../../../src/decode/packet.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';
import { OpenPackets } from '../../../src/flows/trackers/open-packets.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, type LayerOfFrame, tcp, udp, vxlan } from '../../support/frames.ts';

const [TCP, UDP, SYN, ACK] = [6, 17, 2, 16];
const [A, B] = ['10.0.0.1', '10.0.0.2'];
const WRONG = 0x1234;
type Limits = NonNullable<NonNullable<Parameters<typeof digestOf>[1]>['limits']>;

describe('packets with wrong checksums that wait for an answer', () => {
  const packet = (some: object): Packet =>
    ({ number: 1, protocol: TCP, tcpFlags: ACK, tcpSeq: 100, payloadLength: 10, ...some }) as unknown as Packet;
  const seen = { ...NOTHING_SEEN, time: 5, tunnel: 2 };
  const outcomes = (open: OpenPackets, row = 1) =>
    open
      .of(row)
      ?.packets.map(({ outcome }) => outcome)
      .join() ?? 'nothing';

  test('are kept up to so many of a direction, and of so many directions; the total counts', () => {
    const open = new OpenPackets(2, 2);
    const add = (row: number, number = 1) => open.add(row, packet({ number }), seen, 'tcp', 110);
    expect([add(1, 7), add(1, 8), add(1, 9), add(2), add(3)]).toEqual([true, true, true, true, false]);
    expect(open.of(1)).toMatchObject({
      total: 3,
      packets: [{ packet: 7, time: 5, tunnel: 2, header: 'tcp', isSyn: false, outcome: 'none' }, { packet: 8 }],
    });
    expect(open.of(3)).toBeUndefined();
    // Of one that was answered, further ones do not wait.
    open.close(
      1,
      () => true,
      () => {},
    );
    expect([add(1), open.of(1)?.total, open.of(1)?.packets.length]).toEqual([false, 4, 2]);
  });

  test('are SYNs where TCP says so', () => {
    const open = new OpenPackets(9, 9);
    open.add(1, packet({ tcpFlags: SYN }), seen, 'tcp', 1);
    open.add(1, packet({ tcpFlags: SYN, protocol: UDP }), seen, 'udp', 1);
    expect(open.of(1)?.packets.map(({ isSyn }) => isSyn)).toEqual([true, false]);
  });

  test('are sent again by a packet that holds their first octet, a SYN, or any datagram', () => {
    const again = (first: object, second: object) => {
      const open = new OpenPackets(9, 9);
      open.add(1, packet(first), seen, 'tcp', 1);
      open.resend(1, packet(second));
      return outcomes(open) === 'resent';
    };
    expect([again({}, {}), again({}, { tcpSeq: 91 }), again({}, { tcpSeq: 90 }), again({}, { tcpSeq: 101 })]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([
      again({ tcpFlags: SYN }, { tcpFlags: SYN, tcpSeq: 7 }),
      again({}, { tcpFlags: SYN }),
      again({ tcpFlags: SYN }, { tcpSeq: 100 }),
    ]).toEqual([true, false, true]);
    expect(again({ protocol: UDP, tcpSeq: 0 }, { protocol: UDP, tcpSeq: 50, payloadLength: 0 })).toBe(true);
    const none = new OpenPackets(9, 9);
    none.resend(1, packet({}));
    expect(outcomes(none)).toBe('nothing');
  });

  test('get their outcome by the first answer', () => {
    const open = new OpenPackets(9, 9);
    for (const [number, expected] of [
      [1, 110],
      [2, 120],
      [3, 130],
    ])
      open.add(1, packet({ number, tcpSeq: expected - 10 }), seen, 'tcp', expected);
    const answered: number[] = [];
    const close = (ack: number) =>
      open.close(
        1,
        (expected) => expected <= ack,
        (wrong) => answered.push(wrong.packet),
      );
    expect([close(109), outcomes(open)]).toEqual([false, 'none,none,none']);
    expect([close(110), outcomes(open)]).toEqual([false, 'answered,none,none']);
    open.resend(1, packet({ tcpSeq: 110 }));
    expect([close(120), outcomes(open)]).toEqual([false, 'answered,answered-when-resent,none']);
    expect([close(130), outcomes(open), answered]).toEqual([true, 'answered,answered-when-resent,answered', [1, 3]]);
    // What was answered stays as it is.
    open.resend(1, packet({ tcpSeq: 100 }));
    expect([
      outcomes(open),
      open.close(
        1,
        () => true,
        () => {},
      ),
      open.close(
        9,
        () => true,
        () => {},
      ),
    ]).toEqual(['answered,answered-when-resent,answered', true, true]);
  });
});

describe('packets whose checksums are verified', () => {
  let id = 1;
  const syn = (
    client: number,
    { checksum = WRONG as number | null, source = '02:00:00:00:00:0a' } = {},
  ): LayerOfFrame =>
    ethernet(
      { source },
      ipv4(
        { source: A, destination: B, id: id++ },
        tcp({ sourcePort: 40_000 + client, seq: 100, flags: 'S', ...(checksum !== null && { checksum }) }),
      ),
    );
  const digest = (frames: LayerOfFrame[], limits: Limits = {}) =>
    digestOf(
      frames.map((frame, at): TimedFrame => [at, frame]),
      { limits },
    );
  const wrong = async (frames: LayerOfFrame[], limits: Limits = {}) =>
    (await digest(frames, limits)).checked.map(({ flow, wrongTotal }) => `${flow}:${wrongTotal}`).join();

  test('are of so many biflows, link addresses and directions', async () => {
    const three = () => [syn(1), syn(2), syn(3)];
    expect(await wrong(three())).toBe('0:1,1:1,2:1');
    expect(await wrong(three(), { checkedFlows: 2 })).toBe('0:1,1:1');
    expect(await wrong(three(), { checkedDirections: 2 })).toBe('0:1,1:1');
    const by = (nth: number) => syn(nth, { source: `02:00:00:00:00:1${nth}` });
    expect(await wrong([by(1), by(2), by(3)], { checkedSenders: 2 })).toBe('0:1,1:1');
    expect(
      (await digest([by(1), by(2), by(3)], { checkedSenders: 2 })).checkedSenders.map(({ mac }) => mac?.slice(-2)),
    ).toEqual(['11', '12']);
    expect(await wrong([syn(1), syn(1), syn(1)], { packetsPerItem: 2 })).toBe('0:3');
    expect((await digest([syn(1), syn(1), syn(1)], { packetsPerItem: 2 })).checked[0].wrong).toHaveLength(2);
  });

  test('are of many biflows', async () => {
    const many = Array.from({ length: 600 }, (_, nth) => syn(nth));
    expect((await digest(many, { checkedDirections: 1000 })).checked).toHaveLength(600);
  });

  test('are datagrams 1 to 3 of a direction', async () => {
    const datagram = (checksum?: number) =>
      ethernet(
        {},
        ipv4({ source: A, destination: B, id: id++ }, udp({ ...(checksum !== undefined && { checksum }) }, 'abc')),
      );
    // What is verified and waits for an answer is listed without wrong ones.
    const nth = (count: number) => wrong([...Array.from({ length: count - 1 }, () => datagram()), datagram(WRONG)]);
    expect([await nth(1), await nth(2), await nth(3), await nth(4)]).toEqual(['0:1', '0:1', '0:1', '0:0']);
  });

  test('are the first data of a direction, of so many directions of a link address', async () => {
    const data = (client: number, seq: number, checksum?: number) =>
      ethernet(
        {},
        ipv4(
          { source: A, destination: B, id: id++ },
          tcp({ sourcePort: 40_000 + client, seq, flags: '.', ...(checksum !== undefined && { checksum }) }, 'abc'),
        ),
      );
    expect(await wrong([data(1, 100), data(1, 103, WRONG)])).toBe('0:0');
    expect(await wrong([data(1, 100, WRONG), data(1, 103, WRONG)])).toBe('0:1');
    // Sent again, it is verified whatever came before.
    expect(await wrong([data(1, 100), data(1, 103), data(1, 103, WRONG)])).toBe('0:1');
    const each = [1, 2, 3].map((client) => data(client, 100, WRONG));
    expect(await wrong(each, { checkedFirstData: 2 })).toBe('0:1,1:1');
    // An acknowledgement without data is not.
    expect(await wrong([ethernet({}, ipv4({ source: A, destination: B }, tcp({ flags: '.', checksum: WRONG })))])).toBe(
      '',
    );
  });

  test('with right ones are listed where they waited for an answer', async () => {
    const reply = ethernet(
      { source: '02:00:00:00:00:0b' },
      ipv4(
        { source: B, destination: A, id: 9 },
        tcp({ sourcePort: 80, destinationPort: 40_001, seq: 5, ack: 101, flags: 'S.' }),
      ),
    );
    const right = (some: object = {}) => syn(1, { checksum: null, ...some });
    const told = async (...frames: LayerOfFrame[]) =>
      (await digest(frames)).checked
        .map(({ direction, right: is, wrongTotal }) => `${direction} ${is} ${wrongTotal}`)
        .join();
    expect(await told(right())).toBe('0 true 0');
    // The SYN is answered; the SYN-ACK is not.
    expect(await told(right(), reply)).toBe('1 true 0');
    expect(await told(right(), right(), reply)).toBe('0 true 0,1 true 0');
    expect(
      (await digest([right(), reply])).checkedSenders.map(({ rightAnswered, wrong: bad }) => `${rightAnswered} ${bad}`),
    ).toEqual(['1 0']);
  });

  test('tunnels count what they carried, what was answered, and outer checksums that were wrong', async () => {
    const outer = (inner: LayerOfFrame, [source, destination]: [string, string], checksum?: number) =>
      ethernet(
        {},
        ipv4(
          { source, destination, id: id++ },
          udp({ destinationPort: 8472, ...(checksum !== undefined && { checksum }) }, vxlan({}, inner)),
        ),
      );
    const reply = ethernet(
      {},
      ipv4(
        { source: B, destination: A, id: 9 },
        tcp({ sourcePort: 80, destinationPort: 40_001, seq: 5, ack: 101, flags: 'S.' }),
      ),
    );
    const ends: [string, string] = ['192.0.2.1', '192.0.2.2'];
    const fates = async (...frames: LayerOfFrame[]) =>
      (await digest(frames)).tunnels.map(({ fates: { sent, answered, wrong: bad, wrongAnswered } }) =>
        [sent, answered, bad, wrongAnswered].join(' '),
      );
    const right = () => syn(1, { checksum: null });
    expect(await fates(outer(right(), ends))).toEqual(['1 0 0 0']);
    expect(await fates(outer(right(), ends), outer(reply, ['192.0.2.2', '192.0.2.1']))).toEqual(['1 1 0 0', '1 0 0 0']);
    expect(await fates(outer(right(), ends, WRONG))).toEqual(['1 0 1 0']);
    expect(await fates(outer(right(), ends, WRONG), outer(reply, ['192.0.2.2', '192.0.2.1']))).toEqual([
      '1 1 1 1',
      '1 0 0 0',
    ]);
    expect(await fates(outer(right(), ends, 0))).toEqual(['1 0 0 0']);
    // The inner one being wrong is not the fault of the tunnel.
    expect(await fates(outer(syn(1), ends))).toEqual(['1 0 0 0']);
  });
});
