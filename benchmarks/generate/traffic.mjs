/**
 * Plays the traffic of a small cluster, packet by packet in the order of time, and hands each sighting of a packet at
 * a capture point to `onSighting(packet, point, seconds)`.
 */

import { DnsExchange } from './dns-exchange.mjs';
import { EventQueue } from './event-queue.mjs';
import { TcpConnection } from './tcp-connection.mjs';

/** Mean packets a second over all connections that the pauses between requests are chosen for. */
const PACKETS_PER_SECOND = 100_000;
const PACKETS_PER_ROUND = 8;
const LEAST_PAUSE_SECONDS = 0.005;
const MOST_PAUSE_SECONDS = 2;
/** The part of the capture over which connections open; the rest of it has all of them. */
const OPENING_SHARE = 0.7;
const PACKETS_TO_CLOSE = 4;
const STAYS_OPEN_SHARE = 0.2;
/** With fewer packets than this for a connection, none are spent on closing it. */
const LEAST_QUOTA_TO_CLOSE = 12;
const UPLOAD_SHARE = 0.25;
const BEHIND_SERVICE_SHARE = 0.6;
/** Packets before the first DNS lookup. */
const FIRST_LOOKUP_AT = 10;
const SERVERS = 40;
const CLIENTS = 60;
/** Ports whose payload tshark takes for nothing in particular. */
const SERVER_PORTS = [5100, 4100, 7070, 9090];
const POD_PORT_DISTANCE = 1;
const NAMES = ['orders.shop', 'cart.shop', 'users.accounts', 'search.shop', 'ledger.billing'];
const CLUSTER_DNS = { service: 0x0a60_000a, pod: 0x0af4_0002, port: 53 }; // 10.96.0.10, 10.244.0.2
/** MSS less 12 octets of timestamps: an MTU of 1500, 1450 and 1480. */
const SEGMENT_OCTETS = { none: 1448, vxlan: 1398, ipip: 1428 };

const packetsFor = (octets, mss) => 2 + Math.ceil(octets / mss) * 1.5;

/** Octets of a short and of a long message; which is the request depends on who uploads. */
function messageSizes(sizes, random) {
  if (sizes === 'small') return [random.between(20, 200), random.between(20, 200)];
  if (sizes === 'large') return [random.between(60, 900), random.between(200_000, 2_000_000)];
  const kind = random.fraction();
  if (kind < 0.55) return [random.between(60, 900), random.between(100, 1400)];
  if (kind < 0.9) return [random.between(60, 900), random.between(2_000, 30_000)];
  return [random.between(60, 900), random.between(30_000, 300_000)];
}

export class Traffic {
  #queue = new EventQueue();
  #now = 0;
  /** Packets seen at the first capture point. */
  #seen = 0;
  #opened = 0;
  /** Packets that connections still mean to send. */
  #outstanding = 0;
  #nextDns = FIRST_LOOKUP_AT;
  #nextOpening = 0;
  #ipId = 0;

  /**
   * @param options packets, connections, loss, sizes, overlay (of the longest path), packetsPerLookup (0: no lookups),
   *   repeatsAcks, random, points, onSighting
   */
  constructor(options) {
    this.options = options;
    if (options.packetsPerLookup === 0) this.#nextDns = Number.POSITIVE_INFINITY;
    this.mss = SEGMENT_OCTETS[options.overlay];
    this.meanQuota = options.packets / options.connections;
    const pause = (options.connections * OPENING_SHARE * PACKETS_PER_ROUND) / PACKETS_PER_SECOND;
    this.pauseSeconds = Math.min(MOST_PAUSE_SECONDS, Math.max(LEAST_PAUSE_SECONDS, pause));
    /** Connections do not open faster than this, lest the first moment of a capture hold them all. */
    this.openingSeconds = (OPENING_SHARE * options.packets) / PACKETS_PER_SECOND / options.connections / 2;
    this.#outstanding = options.packets;
  }

  run() {
    const { packets } = this.options;
    while (this.#seen < packets) {
      this.#openWhatIsDue();
      const queue = this.#queue;
      if (queue.size === 0) {
        this.#openConnection(this.#opened++);
        continue;
      }
      this.#now = queue.nextTime;
      this.#happen(queue.pop());
    }
  }

  /** For connections: an event at a time. */
  at(seconds, event) {
    this.#queue.push(seconds, event);
  }

  /** For connections: a packet leaves at `packet.sentAt`. */
  send(packet) {
    const { random, loss, points } = this.options;
    packet.outerIpId = this.#ipId = (this.#ipId + 1) & 0xffff;
    if (loss > 0 && random.chance(loss)) packet.lostAfter = random.fraction();
    for (const point of points) {
      const travelled = packet.fromClient ? point.place : 1 - point.place;
      if (travelled >= packet.lostAfter) continue;
      this.at(packet.sentAt + travelled * packet.delaySeconds, { kind: 'sighting', packet, point });
    }
    if (packet.lostAfter >= 1) this.at(packet.sentAt + packet.delaySeconds, packet);
  }

  #happen(event) {
    const now = this.#now;
    switch (event.kind) {
      case 'sighting':
        return this.#sight(event.packet, event.point);
      case 'packet':
        return event.connection.receive(event, now);
      case 'answer':
        return event.connection.write(event.connection.server, event.octets, now);
      case 'request':
        return this.#request(event.connection);
      case 'close':
        return event.connection.close(event.connection.client, now);
      default:
        return event.connection.onTimer(event.kind, event.endPoint, now);
    }
  }

  #sight(packet, point) {
    const { points, packets, onSighting } = this.options;
    if (point === points[0]) {
      if (this.#seen === packets) return;
      this.#seen++;
      const { connection } = packet;
      if (connection.quota > 0) {
        connection.quota--;
        this.#outstanding--;
      }
    }
    onSighting(packet, point, this.#now);
  }

  #openWhatIsDue() {
    const { packets, connections, packetsPerLookup } = this.options;
    const due = Math.min(connections, 1 + Math.floor((this.#seen * connections) / (packets * OPENING_SHARE)));
    while (this.#opened < due) this.#openConnection(this.#opened++);
    if (this.#seen >= this.#nextDns) {
      this.#nextDns += packetsPerLookup;
      this.#openDns();
    }
  }

  #openConnection(number) {
    const { random, sizes } = this.options;
    const server = number % SERVERS;
    const servicePort = SERVER_PORTS[server % SERVER_PORTS.length];
    const pod = 0x0af4_0000 + ((1 + (server % 5)) << 8) + 10 + server; // 10.244.1-5.*
    const behindService = (server * 37) % 100 < BEHIND_SERVICE_SHARE * 100;
    const connection = new TcpConnection(this, {
      random,
      mss: this.mss,
      repeatsAcks: this.options.repeatsAcks,
      delaySeconds: random.chance(0.7) ? 0.00005 + random.exponential(0.0003) : 0.002 + random.exponential(0.01),
      onReceived: this.#onReceived,
      addresses: {
        client: 0x0af4_0000 + ((6 + (Math.floor(number / SERVERS) % CLIENTS)) << 8) + 20,
        clientPort: 32768 + (Math.floor(number / (SERVERS * CLIENTS)) % 28232),
        pod,
        podPort: behindService ? servicePort + POD_PORT_DISTANCE : servicePort,
        service: behindService ? 0x0a60_0100 + server : pod, // 10.96.1.*
        servicePort,
      },
    });
    connection.sizes = sizes;
    connection.uploads = random.chance(UPLOAD_SHARE);
    connection.staysOpen = this.meanQuota < LEAST_QUOTA_TO_CLOSE || random.chance(STAYS_OPEN_SHARE);
    connection.state = 'opening';
    connection.awaited = 0;
    connection.quota = Math.round(this.meanQuota * this.#quotaFactor());
    this.#outstanding += connection.quota - this.meanQuota;
    const opensAt = Math.max(this.#now, this.#nextOpening);
    this.#nextOpening = opensAt + this.openingSeconds;
    connection.open(opensAt);
  }

  /** A tenth of the connections carries half of the packets, if there are enough of them to share out. */
  #quotaFactor() {
    if (this.meanQuota < LEAST_QUOTA_TO_CLOSE) return 1;
    return this.options.random.chance(0.1) ? 5 : 0.55;
  }

  #openDns() {
    const { random } = this.options;
    const client = 0x0af4_0000 + ((6 + random.between(0, CLIENTS - 1)) << 8) + 20;
    const { service, pod, port } = CLUSTER_DNS;
    const exchange = new DnsExchange(this, {
      random,
      delaySeconds: 0.0002,
      name: `${NAMES[random.between(0, NAMES.length - 1)]}.svc.cluster.local`,
      answer: 0x0a60_0100 + random.between(0, SERVERS - 1),
      addresses: { client, clientPort: random.between(32768, 60999), pod, podPort: port, service, servicePort: port },
    });
    exchange.quota = 0;
    exchange.open(this.#now);
  }

  #onReceived = (connection, endPoint, now) => {
    const { client, server } = connection;
    if (connection.state === 'opening') {
      if (endPoint === client) this.#request(connection);
    } else if (connection.state === 'request' && endPoint === server && server.rcvNxt >= client.writeEnd) {
      connection.state = 'answer';
      const thinking = 0.0001 + this.options.random.exponential(0.002);
      this.at(now + thinking, { kind: 'answer', connection, octets: connection.answerOctets });
    } else if (connection.state === 'answer' && endPoint === client && server.writeEnd > connection.awaited) {
      if (client.rcvNxt >= server.writeEnd) this.#afterAnswer(connection);
    }
  };

  #request(connection) {
    const { random } = this.options;
    const [short, long] = messageSizes(connection.sizes, random);
    const room = Math.max(200, ((connection.quota - PACKETS_TO_CLOSE) / 1.5 - 2) * this.mss);
    const capped = Math.min(long, Math.ceil(room));
    connection.state = 'request';
    connection.awaited = connection.server.writeEnd;
    connection.answerOctets = connection.uploads ? short : capped;
    connection.write(connection.client, connection.uploads ? capped : short, this.#now);
  }

  #afterAnswer(connection) {
    const { random, packets } = this.options;
    const pause = random.exponential(this.pauseSeconds);
    if (connection.quota <= packetsFor(1, this.mss) + PACKETS_TO_CLOSE) {
      const allOpen = this.#opened === this.options.connections;
      if (!allOpen || this.#seen + this.#outstanding - connection.quota >= packets) {
        this.#outstanding -= connection.quota;
        connection.quota = 0;
        connection.state = 'done';
        if (!connection.staysOpen) this.at(this.#now + pause / 10, { kind: 'close', connection });
        return;
      }
      connection.quota += 64;
      this.#outstanding += 64;
    }
    connection.state = 'pause';
    this.at(this.#now + pause, { kind: 'request', connection });
  }
}
