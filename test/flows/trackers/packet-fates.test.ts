import { describe, expect, it } from 'vitest';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, type LayerOfFrame, type TcpOptions, tcp, udp, vxlan } from '../../support/frames.ts';

const CLIENT = '10.244.1.5';
const SERVER = '10.244.2.7';
const CLIENT_MAC = '02:11:00:00:00:01';
const SERVER_MAC = '02:11:00:00:00:02';
const WRONG = 0x1234;

let id = 1;
const toServer = (some: TcpOptions, payload = '', ip: Partial<Parameters<typeof ipv4>[0]> = {}): LayerOfFrame =>
  ethernet(
    { source: CLIENT_MAC, destination: SERVER_MAC },
    ipv4({ source: CLIENT, destination: SERVER, id: id++, ...ip }, tcp({ seq: 100, flags: 'S', ...some }, payload)),
  );
const toClient = (some: TcpOptions, payload = ''): LayerOfFrame =>
  ethernet(
    { source: SERVER_MAC, destination: CLIENT_MAC },
    ipv4(
      { source: SERVER, destination: CLIENT, id: id++ },
      tcp({ sourcePort: 80, destinationPort: 40000, seq: 500, ack: 101, flags: 'S.', ...some }, payload),
    ),
  );
const datagram = (payload: string, checksum?: number): LayerOfFrame =>
  ethernet(
    { source: CLIENT_MAC, destination: SERVER_MAC },
    ipv4(
      { source: CLIENT, destination: SERVER, id: id++ },
      udp({ destinationPort: 9, ...(checksum !== undefined && { checksum }) }, payload),
    ),
  );
const over = (inner: LayerOfFrame, source: string, checksum?: number): LayerOfFrame =>
  ethernet(
    {},
    ipv4(
      { source, destination: '198.51.100.2', id: id++ },
      udp({ destinationPort: 8472, ...(checksum !== undefined && { checksum }) }, vxlan({}, inner)),
    ),
  );

const digest = (...frames: LayerOfFrame[]) => digestOf(frames.map((frame, second): TimedFrame => [second, frame]));
const outcomes = async (...frames: LayerOfFrame[]) =>
  (await digest(...frames)).checked.flatMap(({ wrong }) => wrong.map(({ packet, outcome }) => [packet, outcome]));

describe('fates of packets with wrong checksums', () => {
  it('keeps a SYN that nothing answers, and the MAC that sent it', async () => {
    const { checked, checkedSenders } = await digest(toServer({ checksum: WRONG }));
    expect(checked).toEqual([
      {
        point: 0,
        flow: 0,
        direction: 0,
        mac: CLIENT_MAC,
        right: false,
        partial: false,
        wrong: [{ packet: 1, time: 0, header: 'tcp', tunnel: -1, isSyn: true, outcome: 'none' }],
        wrongTotal: 1,
      },
    ]);
    expect(checkedSenders).toEqual([{ point: 0, mac: CLIENT_MAC, rightAnswered: 0, wrong: 1, wrongAnswered: 0 }]);
  });

  it('a wrong packet that is answered counts as answered', async () => {
    const frames = [toServer({ checksum: WRONG }), toClient({})];
    expect(await outcomes(...frames)).toEqual([[1, 'answered']]);
    expect((await digest(...frames)).checkedSenders[0]).toMatchObject({ wrong: 1, wrongAnswered: 1 });
  });

  it('a packet answered only after it was sent again with a right checksum is answered-when-resent', async () => {
    const frames = [toServer({ checksum: WRONG }), toServer({}), toClient({})];
    expect(await outcomes(...frames)).toEqual([[1, 'answered-when-resent']]);
    expect((await digest(...frames)).checkedSenders).toMatchObject([{ rightAnswered: 1, wrong: 1, wrongAnswered: 0 }]);
  });

  it('a packet sent again with a right checksum and not answered is resent', async () => {
    expect(await outcomes(toServer({ checksum: WRONG }), toServer({}))).toEqual([[1, 'resent']]);
  });

  it('a reset counts as an answer, as its sender has read the packet', async () => {
    expect(await outcomes(toServer({ checksum: WRONG }), toClient({ flags: 'R.', seq: 0 }))).toEqual([[1, 'answered']]);
  });

  it('an acknowledgement of older data does not answer the wrong data', async () => {
    const opening = [toServer({}), toClient({})];
    const request = toServer({ seq: 101, ack: 501, flags: 'P.', checksum: WRONG }, 'hello');
    expect(await outcomes(...opening, request, toClient({ flags: '.', seq: 501, ack: 101 }))).toEqual([[3, 'none']]);
    expect(await outcomes(...opening, request, toClient({ flags: '.', seq: 501, ack: 106 }))).toEqual([
      [3, 'answered'],
    ]);
  });

  it('an acknowledgement answers wrong data across the wrap of sequence numbers', async () => {
    const opening = [toServer({ seq: 0xffff_fffe }), toClient({ ack: 0xffff_ffff })];
    const request = toServer({ seq: 0xffff_ffff, ack: 501, flags: 'P.', checksum: WRONG }, 'hello');
    expect(await outcomes(...opening, request, toClient({ flags: '.', seq: 501, ack: 4 }))).toEqual([[3, 'answered']]);
  });

  it('later data with a right checksum does not count as the wrong data sent again', async () => {
    const opening = [toServer({}), toClient({})];
    const first = toServer({ seq: 101, ack: 501, flags: 'P.', checksum: WRONG }, 'hello');
    const later = toServer({ seq: 106, ack: 501, flags: 'P.' }, 'world');
    expect(await outcomes(...opening, first, later, later)).toEqual([[3, 'none']]);
    const again = toServer({ seq: 101, ack: 501, flags: 'P.' }, 'hello');
    expect(await outcomes(...opening, first, later, again)).toEqual([[3, 'resent']]);
  });

  it('names the wrong header, and the outermost one if several are wrong', async () => {
    const headers = async (frame: LayerOfFrame) => (await digest(frame)).checked[0].wrong[0].header;
    expect(await headers(toServer({}, '', { checksum: WRONG }))).toBe('ip');
    expect(await headers(over(toServer({ checksum: WRONG }), '198.51.100.1', WRONG))).toBe('outer-udp');
    expect(await headers(over(toServer({ checksum: WRONG }), '198.51.100.1'))).toBe('tcp');
    expect(await headers(over(toServer({ checksum: WRONG }), '198.51.100.1', 0))).toBe('tcp');
  });

  it('any datagram of the other side answers a wrong one, and only the first datagrams are checked', async () => {
    const reply = ethernet(
      { source: SERVER_MAC, destination: CLIENT_MAC },
      ipv4({ source: SERVER, destination: CLIENT, id: 9 }, udp({ sourcePort: 9, destinationPort: 40000 }, 'x')),
    );
    expect(await outcomes(datagram('a', WRONG), reply)).toEqual([[1, 'answered']]);
    expect(await outcomes(datagram('a'), datagram('b'), datagram('c'), datagram('d', WRONG))).toEqual([]);
    expect(await outcomes(datagram('a'), datagram('b'), datagram('d', WRONG))).toEqual([[3, 'none']]);
  });

  it('checks first data of a limited number of connections of one sender, and always what is sent again', async () => {
    const request = (sourcePort: number): LayerOfFrame =>
      toServer({ sourcePort, seq: 101, ack: 501, flags: 'P.', checksum: WRONG }, 'hello');
    const frames = [request(40001), request(40002), request(40002)].map((frame, at): TimedFrame => [at, frame]);
    const { checked } = await digestOf(frames, { limits: { checkedFirstData: 1 } });
    expect(checked.flatMap(({ wrong }) => wrong.map(({ packet }) => packet))).toEqual([1, 3]);
  });

  it('keeps a limited number of packets of one direction and counts all', async () => {
    const frames = [1, 2, 3].map((second): TimedFrame => [second, toServer({ checksum: WRONG })]);
    const { checked } = await digestOf(frames, { limits: { packetsPerItem: 2 } });
    expect([checked[0].wrong.length, checked[0].wrongTotal]).toEqual([2, 3]);
  });
});

describe('fates of right packets', () => {
  it('keeps a direction only if it was not answered at once', async () => {
    const right = async (...frames: LayerOfFrame[]) =>
      (await digest(...frames)).checked.map(({ direction, right: isRight }) => [direction, isRight]);
    const opened = [toServer({}), toClient({}), toServer({ seq: 101, ack: 501, flags: '.' })];
    expect(await right(...opened)).toEqual([]);
    expect(await right(toServer({}))).toEqual([[0, true]]);
    expect(await right(toServer({}), toServer({}), ...opened.slice(1))).toEqual([[0, true]]);
  });

  it('the partial sum of transmit offload is neither right nor wrong', async () => {
    // Addresses, protocol and length of the pseudo header, not complemented.
    const partial = [0x0af4, 0x0105, 0x0af4, 0x0207, 6, 20].reduce((sum, word) => sum + word, 0);
    const { checked, checkedSenders } = await digest(toServer({ checksum: partial }));
    expect(checked).toMatchObject([{ right: false, partial: true, wrongTotal: 0 }]);
    expect(checkedSenders).toEqual([]);
  });

  it('a packet that snaplen cut is neither right nor wrong', async () => {
    const frame = toServer({ seq: 101, flags: 'P.', checksum: WRONG }, 'hello').build();
    const { checked } = await digestOf([[0, frame.slice(0, 56)]]);
    expect(checked.flatMap(({ wrong }) => wrong)).toEqual([]);
  });

  it('counts answers for each outer source of a tunnel', async () => {
    const { tunnels } = await digest(
      over(toServer({}), '198.51.100.9'),
      over(toServer({}), '198.51.100.1'),
      ethernet(
        {},
        ipv4(
          { source: '198.51.100.2', destination: '198.51.100.1' },
          udp({ destinationPort: 8472 }, vxlan({}, toClient({}))),
        ),
      ),
    );
    expect(tunnels.map(({ source, fates }) => [source, fates.sent, fates.answered])).toEqual([
      ['198.51.100.9', 1, 0],
      ['198.51.100.1', 1, 1],
      ['198.51.100.2', 1, 0],
    ]);
  });
});
