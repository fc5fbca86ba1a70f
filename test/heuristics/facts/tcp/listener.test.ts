import { expect, test } from 'vitest';
import { type Listener, openAcross, wasNotAccepted } from '../../../../src/heuristics/facts/tcp/listener.ts';
import { connection, ref } from '../../../support/evidence.ts';

const sending = { packets: 4, dataSegments: 1 };
const withSynAcks = (...synAck: number[]): boolean =>
  wasNotAccepted(connection({ syn: [0], synAck, handshakeAck: ref(0.002), toServer: sending }));

test('a SYN-ACK again after its acknowledgement shows a full accept queue, one alone or none captured does not', () => {
  expect(withSynAcks(0.001, 1.001)).toBe(true);
  expect(withSynAcks(0.001)).toBe(false);
  expect(withSynAcks(0.003)).toBe(false);
  expect(withSynAcks()).toBe(false);
});

test('a connection was open at a moment only when its handshake was over before it', () => {
  const opened = (syn: number, handshakeAck: number | null) =>
    connection({
      syn: [syn],
      handshakeAck: handshakeAck === null ? null : ref(handshakeAck),
      toClient: { last: ref(9) },
    });
  const across = (...connections: ReturnType<typeof opened>[]) =>
    openAcross(
      { attempts: connections.map((one) => ({ outcome: 'answered', connection: one })) } as unknown as Listener,
      5,
    ).map(({ connection: { syn } }) => syn[0].time);
  expect(across(opened(1, 1.1), opened(2, 5.5), opened(3, null), opened(6, 6.1), opened(4, 5))).toEqual([1]);
});
