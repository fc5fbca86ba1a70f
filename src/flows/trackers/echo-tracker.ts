import { isToGroup, type Packet } from '../../decode/packet.ts';
import { tunnelKindsOf } from '../encapsulation.ts';
import type { EchoExchange } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { OtherRoom } from '../tables/capture-room.ts';
import { AgedMap } from './aged-map.ts';

export const ECHO_REQUEST = 8;
export const ECHO_REPLY = 0;
export const V6_ECHO_REQUEST = 128;
export const V6_ECHO_REPLY = 129;

/** Seconds after which an equal sequence number belongs to another exchange: numbers repeat after 65,536 pings. */
const SAME_EXCHANGE_SECONDS = 60;

export const isEchoRequest = (packet: Packet): boolean =>
  packet.icmpType === (packet.ipVersion === 4 ? ECHO_REQUEST : V6_ECHO_REQUEST);
export const isEchoReply = (packet: Packet): boolean =>
  packet.icmpType === (packet.ipVersion === 4 ? ECHO_REPLY : V6_ECHO_REPLY);

interface Open {
  exchange: EchoExchange;
  lastTime: number;
}

/** Pairs echo requests with their replies: same addresses, identifier, sequence number and encapsulation. */
export class EchoTracker {
  readonly exchanges: EchoExchange[] = [];
  total = 0;
  readonly #limits: Limits;
  readonly #room: OtherRoom | undefined;
  readonly #open = AgedMap.byText<Open>();

  constructor(limits: Limits, room?: OtherRoom) {
    this.#room = room;
    this.#limits = limits;
  }

  onPacket(packet: Packet, point: number, time: number, encapsulation: number, flow: number): void {
    const request = isEchoRequest(packet);
    const source = request ? packet.source : packet.destination;
    const destination = request ? packet.destination : packet.source;
    const key = `${point} ${encapsulation} ${source} ${destination} ${packet.sourcePort} ${packet.icmpSequence}`;
    const open = this.#open.get(key);
    if (open !== undefined && time - open.lastTime < SAME_EXCHANGE_SECONDS && goesOn(open.exchange, request)) {
      open.lastTime = time;
      note(open.exchange, packet, time, request);
      return;
    }
    this.total++;
    if (this.exchanges.length >= this.#limits.echoExchanges || this.#room?.take('ping') === false) {
      this.#open.delete(key);
      return;
    }
    this.#open.dropOld(time, SAME_EXCHANGE_SECONDS);
    const exchange: EchoExchange = {
      index: this.exchanges.length,
      point,
      flow,
      source: packet.addresses.format(source),
      destination: packet.addresses.format(destination),
      id: packet.sourcePort,
      sequence: packet.icmpSequence,
      l3Length: packet.l3Length,
      request: null,
      requests: 0,
      reply: null,
      ttl: packet.ttl,
      dontFragment: packet.dontFragment,
      encapsulation: tunnelKindsOf(encapsulation),
      toGroup: false,
    };
    note(exchange, packet, time, request);
    this.exchanges.push(exchange);
    this.#open.setLast(key, { exchange, lastTime: time });
  }
}

/** A request after the answer is another ping: some programs never increment the sequence number. */
const goesOn = (exchange: EchoExchange, request: boolean): boolean => !request || exchange.reply === null;

function note(exchange: EchoExchange, packet: Packet, time: number, request: boolean): void {
  const ref = { packet: packet.number, time };
  if (!request) {
    exchange.reply ??= ref;
    return;
  }
  exchange.requests++;
  if (isToGroup(packet)) exchange.toGroup = true;
  exchange.request ??= ref;
}
