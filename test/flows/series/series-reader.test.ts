import { expect, test } from 'vitest';
import { SeriesReader } from '../../../src/flows/series/series-reader.ts';
import { recordOf } from '../../support/capture-bytes.ts';
import { connection, point } from '../../support/evidence.ts';
import { ethernet, ipv4, type LayerOfFrame, tcp, udp, vxlan } from '../../support/frames.ts';

const [CLIENT, SERVER] = [
  { address: '10.0.0.1', port: 40_000 },
  { address: '10.0.0.2', port: 80 },
];
let id = 1;
interface Made {
  from?: typeof CLIENT;
  to?: typeof CLIENT;
  octets?: number;
  wrap?: (inner: LayerOfFrame) => LayerOfFrame;
}
let seq = 100;
const segment = ({ from = CLIENT, to = SERVER, octets = 10, wrap = (inner) => inner }: Made = {}) => {
  seq += octets;
  const layer = tcp(
    { sourcePort: from.port, destinationPort: to.port, seq: seq - octets, flags: '.' },
    new Uint8Array(octets),
  );
  return wrap(ethernet({}, ipv4({ source: from.address, destination: to.address, id: id++ }, layer)));
};
type Given = [time: number, frame: LayerOfFrame, interfaceIndex?: number];
interface Asked {
  packets?: number[];
  selection?: (number: number) => boolean;
}

/** A connection from 10 to 20 s at the first interface: segments that its series has, by their times, and single packets. */
function read(given: Given[], { packets = [], selection }: Asked = {}) {
  seq = 100;
  const of = connection({ client: CLIENT, server: SERVER, first: 10, last: 20 });
  const wanted = {
    capture: 3,
    connections: [{ index: 0, connection: of, point: point(), direction: 0 as const }],
    packets: new Set(packets),
  };
  const asked: number[] = [];
  const selects = ({ number }: { number: number }) => {
    asked.push(number);
    return selection?.(number) ?? true;
  };
  const reader = new SeriesReader(wanted, selection === undefined ? undefined : ({ text: 'x', selects } as never));
  for (const index of [0, 1]) reader.onInterface({ index, linkType: 1, snaplen: 65_535 });
  const done: boolean[] = [];
  given.forEach(([time, frame, interfaceIndex = 0], nth) => {
    const seconds = Math.floor(time);
    reader.onRecord(
      { ...recordOf(frame), seconds, nanoseconds: Math.round((time - seconds) * 1e9), interfaceIndex },
      nth + 1,
    );
    done.push(reader.isDone);
  });
  const { connections, packets: single } = reader.finish();
  return {
    times: connections[0].sent.map(({ time }) => time),
    single: single.map(({ capture, packet }) => `${capture} ${packet}`),
    done: done.map((is) => (is ? '!' : '.')).join(''),
    asked,
  };
}
/** The first record gives the start of all times. */
const start = (): Given => [0, segment()];
const times = (...given: Given[]) => read([start(), ...given]).times;

test('segments of the time of the connection, to a microsecond', () => {
  expect(times([9.99999, segment()], [10, segment()], [15, segment()], [20, segment()], [20.00001, segment()])).toEqual(
    [10, 15, 20],
  );
});

test('segments between its ends, in either direction, of its point and its form', () => {
  const odd = (made: Made, interfaceIndex?: number): number =>
    times([15, segment(made), ...(interfaceIndex === undefined ? [] : [interfaceIndex])] as Given).length;
  expect(odd({})).toBe(1);
  expect([
    odd({ from: { ...CLIENT, port: 40_001 } }),
    odd({ to: { ...SERVER, port: 81 } }),
    odd({ from: { ...CLIENT, address: '10.0.0.3' } }),
    odd({ to: { ...SERVER, address: '10.0.0.3' } }),
  ]).toEqual([0, 0, 0, 0]);
  expect([odd({}, 0), odd({}, 1)]).toEqual([1, 0]);
  expect(
    odd({ wrap: (inner) => ethernet({}, ipv4({}, udp({ destinationPort: 4789 }, vxlan({ vni: 1 }, inner)))) }),
  ).toBe(0);
  // Answers are none of what the client sent.
  expect(odd({ from: SERVER, to: CLIENT })).toBe(0);
});

test('a copy counts once', () => {
  const one = segment();
  expect(times([15, one], [15.001, one], [16, segment()])).toEqual([15, 16]);
});

test('single packets are given at any time', () => {
  expect(read([start(), [5, segment()], [15, segment()], [30, segment()]], { packets: [2, 3] }).single).toEqual([
    '3 2',
    '3 3',
  ]);
});

test('it is done a second after the last connection and behind the last packet', () => {
  expect(read([start(), [20.9, segment()], [21.1, segment()], [22, segment()]]).done).toBe('..!!');
  expect(read([start(), [22, segment()], [23, segment()], [24, segment()]], { packets: [3] }).done).toBe('...!');
  expect(read([start(), [15, segment()]]).done).toBe('..');
});

test('a selection sees every packet, and leaves out what it does not select', () => {
  const {
    times: found,
    single,
    asked,
    done,
  } = read([start(), [5, segment()], [15, segment()], [16, segment()], [30, segment()]], {
    packets: [4, 5],
    selection: (number) => number !== 4,
  });
  expect([found, single, asked, done]).toEqual([[15], ['3 5'], [1, 2, 3, 4, 5], '.....']);
});
