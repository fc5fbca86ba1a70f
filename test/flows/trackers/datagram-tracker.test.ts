import { describe, expect, it } from 'vitest';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, icmp, ipv4, type LayerOfFrame, sctp, udp } from '../../support/frames.ts';

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';

const there = (inner: LayerOfFrame, id = 0) => ethernet({}, ipv4({ source: CLIENT, destination: SERVER, id }, inner));
const back = (inner: LayerOfFrame) => ethernet({}, ipv4({ source: SERVER, destination: CLIENT }, inner));

describe('datagram flows', () => {
  it('count both directions, sizes, first and last packets', async () => {
    const query = { sourcePort: 40000, destinationPort: 5000 };
    const { datagrams, datagramsTotal } = await digestOf([
      [0, there(udp(query, 'ab'))],
      [1, there(udp(query, 'abcd'))],
      [2, back(udp({ sourcePort: 5000, destinationPort: 40000 }, 'abcdef'))],
    ]);
    expect(datagramsTotal).toBe(1);
    expect(datagrams[0]).toEqual({
      index: 0,
      point: 0,
      flow: 0,
      protocol: 17,
      client: { address: CLIENT, port: 40000 },
      server: { address: SERVER, port: 5000 },
      packets: [2, 1],
      octets: [6, 6],
      first: [
        { packet: 1, time: 0 },
        { packet: 3, time: 2 },
      ],
      last: [
        { packet: 2, time: 1 },
        { packet: 3, time: 2 },
      ],
      largestL3: [32, 34],
      samples: [
        [
          { packet: 1, time: 0 },
          { packet: 2, time: 1 },
        ],
        [{ packet: 3, time: 2 }],
      ],
      encapsulation: [],
      tunnels: [],
      toGroup: [false, false],
      quic: false,
      sinceAnswer: null,
      unanswered: null,
    });
  });

  it('counts what the client sends after the last answer, and forgets it with the next', async () => {
    const ask = (data: string) => there(udp({ sourcePort: 40000, destinationPort: 5000 }, data));
    const answer = back(udp({ sourcePort: 5000, destinationPort: 40000 }, 'ok'));
    const sinceOf = async (...frames: Parameters<typeof digestOf>[0]) =>
      (await digestOf(frames)).datagrams[0].sinceAnswer;
    expect(await sinceOf([0, ask('ab')], [1, ask('ab')])).toBeNull();
    expect(await sinceOf([0, ask('ab')], [1, answer], [2, ask('abc')], [3, ask('abcd')])).toEqual({
      packets: 2,
      octets: 7,
      first: { packet: 3, time: 2 },
    });
    const again = await sinceOf([0, ask('ab')], [1, answer], [2, ask('abc')], [3, answer], [4, ask('a')]);
    expect(again).toEqual({ packets: 1, octets: 1, first: { packet: 5, time: 4 } });
  });

  it('tells requests that another one follows without an answer, from the first answer on', async () => {
    const ask = there(udp({ sourcePort: 40000, destinationPort: 5000 }, 'ab'));
    const answer = back(udp({ sourcePort: 5000, destinationPort: 40000 }, 'ok'));
    const unansweredOf = async (...frames: Parameters<typeof digestOf>[0]) =>
      (await digestOf(frames)).datagrams[0].unanswered;
    expect(await unansweredOf([0, ask], [1, ask], [2, answer], [3, ask], [4, answer])).toBeNull();
    expect(
      await unansweredOf([0, ask], [1, answer], [2, ask], [5, ask], [5.5, answer], [6, answer], [7, ask], [9, ask]),
    ).toEqual({
      requests: 2,
      packets: [
        { packet: 3, time: 2 },
        { packet: 7, time: 7 },
      ],
      answersAgain: 1,
      longestAnswer: 0.5,
      shortestWait: 2,
    });
    const many = await unansweredOf([0, ask], [1, answer], [2, ask], [4, ask], [5, ask], [6, ask]);
    expect(many).toMatchObject({ requests: 3, packets: [2, 4, 5].map((time, at) => ({ packet: at + 3, time })) });
    expect(many).toMatchObject({ shortestWait: 1, longestAnswer: 0, answersAgain: 0 });
  });

  it('knows a datagram that was sent to a group address of the link, by its direction', async () => {
    const frame = (destination: string) =>
      ethernet(
        { destination },
        ipv4({ source: CLIENT, destination: SERVER }, udp({ sourcePort: 40000, destinationPort: 5000 }, 'x')),
      );
    const groupOf = async (destination: string) => (await digestOf([[0, frame(destination)]])).datagrams[0].toGroup;
    expect(await groupOf('ff:ff:ff:ff:ff:ff')).toEqual([true, false]);
    expect(await groupOf('01:00:5e:00:00:01')).toEqual([true, false]);
    expect(await groupOf('02:00:00:00:00:01')).toEqual([false, false]);
  });

  it('take a well-known port as the server, even if it sends first', async () => {
    const { datagrams } = await digestOf([[0, back(udp({ sourcePort: 123, destinationPort: 40000 }, 'x'))]]);
    expect(datagrams[0]).toMatchObject({ server: { address: SERVER, port: 123 }, packets: [0, 1] });
  });

  it('are separated by ports for SCTP, and by addresses for other protocols and other ICMP', async () => {
    const esp = ethernet({}, ipv4({ source: CLIENT, destination: SERVER, protocol: 50 }, 'esp'));
    const { datagrams } = await digestOf([
      [0, there(sctp({ sourcePort: 5000, destinationPort: 80 }))],
      [1, esp],
      [2, there(icmp({ type: 13 }))],
    ]);
    expect(datagrams.map(({ protocol, server }) => [protocol, server.port])).toEqual([
      [132, 80],
      [50, 0],
      [1, 0],
    ]);
  });

  it('are counted once beyond the limits; samples are cut, and totals count everything', async () => {
    const frames = [1, 2, 3, 1, 2, 3, 1].map(
      (port, index): TimedFrame => [index, there(udp({ sourcePort: 40000 + port, destinationPort: 5000 }, 'x'))],
    );
    const { datagrams, datagramsTotal } = await digestOf(frames, { limits: { datagrams: 1, packetsPerItem: 2 } });
    expect(datagramsTotal).toBe(3);
    expect(datagrams).toHaveLength(1);
    expect(datagrams[0].packets).toEqual([3, 0]);
    expect(datagrams[0].samples[0]).toHaveLength(2);
  });

  it('give a packet a row without a flow when no number is left, and still count the host', async () => {
    const frames = [1, 2].map((port): TimedFrame => [port, there(udp({ sourcePort: 40000 + port }, 'x'))]);
    const { datagrams, sightings, hosts } = await digestOf(frames, { limits: { biflows: 1 } });
    expect(datagrams).toHaveLength(1);
    expect([...sightings!.columns.flow.slice(0, 2)]).toEqual([0, 0xffff_ffff]);
    expect(hosts[0].sent).toBe(2);
  });
});
