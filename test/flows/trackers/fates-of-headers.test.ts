import { describe, expect, test } from 'vitest';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, ipv6, type LayerOfFrame, tcp, udp, vxlan } from '../../support/frames.ts';

const WRONG = 0x1234;
const [A, B] = ['10.0.0.1', '10.0.0.2'];
const wrong = (is: boolean) => (is ? { checksum: WRONG } : {});
let id = 1;

interface Some {
  ip?: boolean;
  transport?: boolean;
  isUdp?: boolean;
}
/** A SYN or a datagram, with a wrong checksum of the header that is named. */
const sent = ({ ip = false, transport = false, isUdp = false }: Some = {}): LayerOfFrame =>
  ethernet(
    { source: '02:00:00:00:00:0a' },
    ipv4(
      { source: A, destination: B, id: id++, ...wrong(ip) },
      isUdp
        ? udp({ sourcePort: 40_000, destinationPort: 9, ...wrong(transport) }, 'abc')
        : tcp({ sourcePort: 40_000, destinationPort: 80, seq: 100, flags: 'S', ...wrong(transport) }),
    ),
  );
const reply = (isUdp = false): LayerOfFrame =>
  ethernet(
    { source: '02:00:00:00:00:0b' },
    ipv4(
      { source: B, destination: A, id: id++ },
      isUdp
        ? udp({ sourcePort: 9, destinationPort: 40_000 }, 'x')
        : tcp({ sourcePort: 80, destinationPort: 40_000, seq: 5, ack: 101, flags: 'S.' }),
    ),
  );
const carried = (inner: LayerOfFrame, { ip = false, transport = false }: Some = {}): LayerOfFrame =>
  ethernet(
    {},
    ipv4(
      { source: '192.0.2.1', destination: '192.0.2.2', id: id++, ...wrong(ip) },
      udp({ destinationPort: 8472, ...wrong(transport) }, vxlan({}, inner)),
    ),
  );
const carried6 = (inner: LayerOfFrame, { transport = false }: Some = {}): LayerOfFrame =>
  ethernet(
    {},
    ipv6(
      { source: 'fd00::1', destination: 'fd00::2' },
      udp({ destinationPort: 8472, ...wrong(transport) }, vxlan({}, inner)),
    ),
  );

const back = (): LayerOfFrame =>
  ethernet(
    {},
    ipv4(
      { source: '192.0.2.2', destination: '192.0.2.1', id: id++ },
      udp({ destinationPort: 8472 }, vxlan({}, reply())),
    ),
  );
const back6 = (): LayerOfFrame =>
  ethernet({}, ipv6({ source: 'fd00::2', destination: 'fd00::1' }, udp({ destinationPort: 8472 }, vxlan({}, reply()))));

/** What is told of the client: headers with outcomes, whether right ones were seen, its counts, and those of its tunnel. */
async function told(...frames: LayerOfFrame[]): Promise<string[]> {
  const digest = await digestOf(frames.map((frame, at): TimedFrame => [at / 100, frame]));
  const checked = digest.checked.filter(({ direction }) => direction === 0);
  const senders = digest.checkedSenders.filter(({ mac }) => mac?.endsWith('0a'));
  const { fates } = digest.tunnels[0] ?? {};
  return [
    checked
      .flatMap((one) =>
        one.wrong.map(({ header, outcome, isSyn, tunnel }) => `${header} ${outcome} ${isSyn} ${tunnel}`),
      )
      .join(),
    checked.map(({ right, partial, wrongTotal }) => `${right} ${partial} ${wrongTotal}`).join(),
    senders.map((one) => `${one.rightAnswered} ${one.wrong} ${one.wrongAnswered}`).join(),
    fates === undefined ? '' : [fates.sent, fates.answered, fates.wrong, fates.wrongAnswered].join(' '),
  ];
}

describe('the header whose checksum is wrong', () => {
  test.each<[string, LayerOfFrame[], string[]]>([
    ['none, without an answer', [sent()], ['', 'true false 0', '', '']],
    ['none, answered', [sent(), reply()], ['', '', '1 0 0', '']],
    ['TCP', [sent({ transport: true })], ['tcp none true -1', 'false false 1', '0 1 0', '']],
    ['TCP, answered', [sent({ transport: true }), reply()], ['tcp answered true -1', 'false false 1', '0 1 1', '']],
    ['IP before TCP', [sent({ ip: true, transport: true })], ['ip none true -1', 'false false 1', '0 1 0', '']],
    ['IP', [sent({ ip: true })], ['ip none true -1', 'false false 1', '0 1 0', '']],
    ['UDP', [sent({ isUdp: true, transport: true })], ['udp none false -1', 'false false 1', '0 1 0', '']],
    [
      'UDP, answered',
      [sent({ isUdp: true, transport: true }), reply(true)],
      ['udp answered false -1', 'false false 1', '0 1 1', ''],
    ],
    ['none in a tunnel', [carried(sent())], ['', 'true false 0', '', '1 0 0 0']],
    ['none in a tunnel, answered', [carried(sent()), back()], ['', '', '1 0 0', '1 1 0 0']],
    [
      'the outer UDP: the inner one is right, and that counts for nobody',
      [carried(sent(), { transport: true }), back()],
      ['outer-udp answered true 0', 'true false 1', '', '1 1 1 1'],
    ],
    [
      'the outer IP before the outer UDP',
      [carried(sent(), { ip: true, transport: true }), back()],
      ['outer-ip answered true 0', 'true false 1', '', '1 1 1 1'],
    ],
    [
      'the outer UDP before the inner TCP',
      [carried(sent({ transport: true }), { transport: true }), back()],
      ['outer-udp answered true 0', 'false false 1', '', '1 1 1 1'],
    ],
    [
      'the inner TCP: the tunnel carried it',
      [carried(sent({ transport: true })), back()],
      ['tcp answered true 0', 'false false 1', '0 1 1', '1 1 0 0'],
    ],
    ['none in a tunnel over IPv6', [carried6(sent()), back6()], ['', '', '1 0 0', '1 1 0 0']],
    [
      'the outer UDP over IPv6',
      [carried6(sent(), { transport: true })],
      ['outer-udp none true 0', 'true false 1', '', '1 0 1 0'],
    ],
    [
      'wrong, sent again right, answered',
      [sent({ transport: true }), sent(), reply()],
      ['tcp answered-when-resent true -1', 'true false 1', '1 1 0', ''],
    ],
    [
      'wrong, sent again wrong, answered',
      [sent({ transport: true }), sent({ transport: true }), reply()],
      ['tcp answered true -1,tcp answered true -1', 'false false 2', '0 2 2', ''],
    ],
    [
      'right, sent again wrong, answered: the right one counts no more',
      [sent(), sent({ transport: true }), reply()],
      ['tcp answered true -1', 'true false 1', '0 1 1', ''],
    ],
    ['right, sent again right, answered', [sent(), sent(), reply()], ['', 'true false 0', '1 0 0', '']],
  ])('%s', async (_, frames, expected) => {
    expect(await told(...frames)).toEqual(expected);
  });

  test('an answer has to acknowledge so much, or to refuse', async () => {
    const answer = (flags: string, ack: number) =>
      ethernet(
        {},
        ipv4(
          { source: B, destination: A, id: id++ },
          tcp({ sourcePort: 80, destinationPort: 40_000, seq: 5, ack, flags }),
        ),
      );
    const isAnswer = async (flags: string, ack: number) => (await told(sent(), answer(flags, ack)))[2] === '1 0 0';
    expect([await isAnswer('.', 100), await isAnswer('.', 101), await isAnswer('.', 102)]).toEqual([false, true, true]);
    expect([await isAnswer('', 101), await isAnswer('R', 0), await isAnswer('R.', 1)]).toEqual([false, true, true]);
  });
});
