import { expect, test } from 'vitest';
import { wasNotAccepted } from '../../../../src/heuristics/facts/tcp/listener.ts';
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
