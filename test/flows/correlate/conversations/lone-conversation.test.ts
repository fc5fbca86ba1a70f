import { describe, expect, it } from 'vitest';
import { LoneConversation } from '../../../../src/flows/correlate/conversations/lone-conversation.ts';
import type { Member } from '../../../../src/flows/correlate/same-traffic/same-traffic.ts';

const client = { address: '10.244.1.5', port: 40_000 };
const server = { address: '10.96.0.10', port: 53 };

const member = (flipped: boolean): Member => ({
  flipped,
  biflow: {
    id: 0,
    slot: 0,
    capture: 0,
    kind: 'datagram',
    protocol: 17,
    index: 4,
    point: 1,
    flow: 9,
    client,
    server,
    encapsulation: ['vxlan'],
    firstPacket: 1,
    connection: null,
  },
});

describe('LoneConversation', () => {
  it('has the same fields as a conversation, also as plain data', () => {
    const lone = new LoneConversation(7, member(false));
    const leg = { point: 1, flow: 9, kind: 'datagram', index: 4, client, server, encapsulation: ['vxlan'] };
    const whole = { index: 7, protocol: 'udp', legs: [leg], hops: [], client, server };
    expect(lone.toObject()).toEqual({ ...whole, serverBeforeNat: null, clientAfterNat: null });
    expect(structuredClone(lone.toObject())).toEqual(lone.toObject());
    for (const [name, value] of Object.entries(lone.toObject()))
      expect(lone[name as keyof LoneConversation]).toEqual(value);
  });

  it('reverses the roles that its point guessed wrongly', () => {
    const { legs, ...lone } = new LoneConversation(0, member(true)).toObject();
    expect([lone.client, lone.server, legs[0].client]).toEqual([server, client, server]);
  });
});
