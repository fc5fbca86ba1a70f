import { expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { CLIENT, newTracker, SERVER } from './segment-trace.ts';

/** A SYN and its SYN-ACK from each of `count` client ports and addresses. */
function handshakes(tracker: ReturnType<typeof newTracker>, count: number): void {
  const packet = new Packet(new AddressBook());
  packet.ipVersion = 4;
  packet.protocol = 6;
  packet.transportAt = 0;
  for (let number = 0; number < count; number++) {
    const [client, port] = [CLIENT + 2 + Math.floor(number / 50_000), 1024 + (number % 50_000)];
    Object.assign(packet, { number: 2 * number + 1, source: client, destination: SERVER, tcpFlags: 2 });
    Object.assign(packet, { sourcePort: port, destinationPort: 80, tcpSeq: number, tcpAck: 0 });
    tracker.onPacket(packet, 0, number / 1000, -1, 0);
    Object.assign(packet, { number: 2 * number + 2, source: SERVER, destination: client, tcpFlags: 18 });
    Object.assign(packet, { sourcePort: 80, destinationPort: port, tcpSeq: 7, tcpAck: number + 1 });
    tracker.onPacket(packet, 0, number / 1000 + 0.0001, -1, 0);
  }
}

test('loses or mixes up no connection while columns grow', () => {
  const tracker = newTracker({ connections: 50_000 });
  handshakes(tracker, 40_000);
  const { connections, total, evicted } = tracker.finish(50_000);
  expect([connections.length, total, evicted]).toEqual([40_000, 40_000, 0]);
  for (const [number, { directions, synAckAcks, history }] of connections.entries()) {
    if (directions[0].iss !== number || directions[1].iss !== 7 || synAckAcks !== number + 1 || history !== 'Sh')
      expect({ number, directions, synAckAcks, history }).toBeNull();
  }
});

test('counts connections beyond the limit without following them', () => {
  const tracker = newTracker({ connections: 100 });
  handshakes(tracker, 150);
  const { connections, total, evicted } = tracker.finish(50_000);
  expect([connections.length, total]).toEqual([100, 100]);
  expect(evicted).toBe(50);
});

test('follows neither connection when ports are reused beyond the limit, as they cannot be told apart', () => {
  const tracker = newTracker({ connections: 1 });
  const packet = new Packet(new AddressBook());
  const ends = { ipVersion: 4, protocol: 6, transportAt: 0, source: CLIENT, destination: SERVER, tcpFlags: 2 };
  Object.assign(packet, ends, { sourcePort: 40000, destinationPort: 80, number: 1, tcpSeq: 5 });
  expect(tracker.onPacket(packet, 0, 0, -1, 0)).toBe(true);
  Object.assign(packet, { number: 2, tcpSeq: 500_000 });
  expect(tracker.onPacket(packet, 0, 1, -1, 0)).toBe(false);
  Object.assign(packet, { number: 3, tcpSeq: 500_001, tcpFlags: 16 });
  expect(tracker.onPacket(packet, 0, 1, -1, 0)).toBe(false);
  const { connections, total, evicted } = tracker.finish(10);
  expect([connections[0].directions[0].packets, total, evicted]).toEqual([1, 1, 1]);
});

test('keeps connections in trouble first beyond the limit of objects, and a quarter of ordinary ones', () => {
  const tracker = newTracker();
  handshakes(tracker, 20);
  const packet = new Packet(new AddressBook());
  for (const number of [7, 11, 13, 17, 19]) {
    Object.assign(packet, {
      ipVersion: 4,
      protocol: 6,
      transportAt: 0,
      number: 100 + number,
      tcpFlags: 24,
      payloadLength: 9,
    });
    Object.assign(packet, { source: CLIENT + 2, destination: SERVER, sourcePort: 1024 + number, destinationPort: 80 });
    Object.assign(packet, { tcpSeq: number + 1, tcpAck: 8, l3Length: 49, tcpWindow: 100 });
    tracker.onPacket(packet, 0, 1, -1, 0);
    packet.number += 100;
    tracker.onPacket(packet, 0, 2, -1, 0);
  }
  const { connections, total } = tracker.finish(4);
  expect(total).toBe(20);
  expect(connections.map(({ directions }) => directions[0].iss)).toEqual([0, 7, 11, 13]);
  expect(connections.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
});
