/** A DNS query of a pod and its answer, the query sent again after 5 s as resolv.conf(5) says. */

import { PROTOCOL_UDP } from './packet-bytes.mjs';

const TIMEOUT_SECONDS = 5;
const ATTEMPTS = 2;
const HEADER_BYTES = 12;

function message(id, name, address) {
  const labels = name.split('.');
  const answer = address === undefined ? 0 : 16;
  const bytes = Buffer.alloc(HEADER_BYTES + name.length + 2 + 4 + answer);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(address === undefined ? 0x0100 : 0x8580, 2); // RD; QR AA RD RA
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(address === undefined ? 0 : 1, 6);
  let at = HEADER_BYTES;
  for (const label of labels) {
    bytes[at++] = label.length;
    at += bytes.write(label, at, 'latin1');
  }
  at += 1; // the root
  bytes.writeUInt32BE(0x0001_0001, at); // A, IN
  at += 4;
  if (address !== undefined) {
    bytes.writeUInt16BE(0xc00c, at); // the name of the question
    bytes.writeUInt32BE(0x0001_0001, at + 2);
    bytes.writeUInt32BE(30, at + 6); // TTL
    bytes.writeUInt16BE(4, at + 10);
    bytes.writeUInt32BE(address, at + 12);
  }
  return bytes;
}

export class DnsExchange {
  #network;
  #answered = false;
  #attempts = 0;

  constructor(network, { addresses, delaySeconds, random, name, answer }) {
    this.#network = network;
    this.addresses = addresses;
    this.delaySeconds = delaySeconds;
    const id = random.u32() & 0xffff;
    this.query = message(id, name);
    this.answer = message(id, name, answer);
    this.random = random;
  }

  open(now) {
    this.#attempts++;
    this.#send(true, this.query, now);
    if (this.#attempts < ATTEMPTS) this.#network.at(now + TIMEOUT_SECONDS, { kind: 'dns-timeout', connection: this });
  }

  receive(packet, now) {
    if (packet.fromClient) this.#send(false, this.answer, now + 0.0002);
    else this.#answered = true;
  }

  onTimer(_kind, _endPoint, now) {
    if (!this.#answered) this.open(now);
  }

  #send(fromClient, payload, sentAt) {
    this.#network.send({
      kind: 'packet',
      protocol: PROTOCOL_UDP,
      connection: this,
      addresses: this.addresses,
      delaySeconds: this.delaySeconds,
      fromClient,
      lostAfter: 2,
      sentAt,
      outerIpId: 0,
      ipId: this.random.u32() & 0xffff,
      payload,
    });
  }
}
