/**
 * Datagrams, lookups, pings, neighbours, hosts, tunnels and probes of a drawn capture, read naively: one object for each
 * packet, lists that are searched from their ends. Written from the docstrings of `src/flows/evidence`.
 */
import type {
  AddressClaim,
  ArpExchange,
  CountedValue,
  DatagramFlow,
  DnsExchange,
  EchoExchange,
  HostActivity,
  PacketRef,
  Probe,
  TunnelFlow,
} from '../../../src/flows/evidence/evidence.ts';
import type { Limits } from '../../../src/flows/limits.ts';

/** One packet, as it was written. */
export interface Written {
  kind: 'datagram' | 'query' | 'response' | 'ping' | 'pong' | 'ask' | 'reply' | 'announce';
  number: number;
  time: number;
  /** Inner addresses and ports (pings: the identifier, twice). */
  source: string;
  destination: string;
  sourcePort: number;
  destinationPort: number;
  /** Of its innermost frame. */
  sourceMac: string;
  destinationMac: string;
  /** Around it; null without. */
  tunnel: {
    kind: 'vxlan' | 'geneve';
    port: number;
    networkId: number;
    source: string;
    destination: string;
    ttl: number;
    sourceMac: string;
    destinationMac: string;
    l3Length: number;
  } | null;
  ttl: number;
  ipId: number;
  dontFragment: boolean;
  l3Length: number;
  payloadLength: number;
  /** Lookup or ping: identifier and name, or sequence number. */
  id: number;
  name: string;
  sequence: number;
  rcode: number;
  truncated: boolean;
  answers: string[];
}

interface Flow {
  key: string;
  client: string;
  clientPort: number;
}

const isGroup = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
const isArp = ({ kind }: Written): boolean => kind === 'ask' || kind === 'reply' || kind === 'announce';

export class ReferenceCapture {
  readonly #limits: Limits;
  readonly #flows: Flow[] = [];
  readonly datagrams: DatagramFlow[] = [];
  #datagramFlows = new Set<number>();
  /** All packets of each of `datagrams`. */
  readonly #courses: { direction: 0 | 1; ref: PacketRef }[][] = [];
  readonly dns: DnsExchange[] = [];
  dnsTotal = 0;
  readonly echoes: EchoExchange[] = [];
  echoesTotal = 0;
  readonly arp: ArpExchange[] = [];
  readonly claims: AddressClaim[] = [];
  readonly probes: Probe[] = [];
  probesTotal = 0;
  readonly #packets: { w: Written; isHost: boolean }[] = [];
  /** Times of the messages of lookups, pings and neighbours, and those that a later message may not continue. */
  readonly #latest = new Map<object, number>();
  readonly #closed = new Set<object>();
  readonly rows: { packet: number; flow: number; direction: number; tunnel: number }[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  take(w: Written): void {
    this.#packets.push({ w, isHost: true });
    const flow = this.#flowOf(w);
    // Between neighbours a request goes to the server, and an answer back.
    const direction = isArp(w) ? Number(w.kind === 'reply') : flow < 0 ? 0 : this.#directionOf(w, flow);
    this.rows.push({
      packet: w.number,
      flow: flow >>> 0,
      direction,
      tunnel: this.#tunnelOf(w) + 1,
    });
    if (!isArp(w) && w.kind !== 'pong' && w.ttl <= 30) this.#takeProbe(w, flow);
    if (flow < 0) return;
    if (isArp(w)) this.#takeNeighbour(w, flow);
    else if (w.kind === 'ping' || w.kind === 'pong') this.#takeEcho(w, flow);
    else {
      this.#takeDatagram(w, flow, direction as 0 | 1);
      if (w.kind === 'query') this.#takeQuery(w, flow);
      if (w.kind === 'response') this.#takeResponse(w);
    }
  }

  // ---------------------------------------------------------------------------------------------- flows

  #flowOf(w: Written): number {
    const protocol = isArp(w) ? 'arp' : w.kind === 'ping' || w.kind === 'pong' ? 'echo' : 'udp';
    const ends = [`${w.source} ${w.sourcePort}`, `${w.destination} ${w.destinationPort}`].sort();
    const key = [protocol, ...ends, this.#around(w)].join('|');
    const known = this.#flows.findIndex((flow) => flow.key === key);
    if (known >= 0) return known;
    if (this.#flows.length >= this.#limits.biflows) return -1;
    const isFromServer = w.sourcePort < 1024 && w.destinationPort >= 1024;
    const fromClient = protocol === 'udp' ? !isFromServer : w.kind !== 'pong' && w.kind !== 'reply';
    const [client, clientPort] = fromClient ? [w.source, w.sourcePort] : [w.destination, w.destinationPort];
    return this.#flows.push({ key, client, clientPort }) - 1;
  }

  #directionOf({ source, sourcePort }: Written, flow: number): number {
    const { client, clientPort } = this.#flows[flow];
    return client === source && clientPort === sourcePort ? 0 : 1;
  }

  #around = ({ tunnel }: Written): DatagramFlow['encapsulation'] => (tunnel === null ? [] : [tunnel.kind]);

  /** Index of its tunnel; -1 without one, and beyond the limit. */
  #tunnelOf({ tunnel }: Written): number {
    const keys = this.#tunnelKeys();
    return tunnel === null ? -1 : keys.indexOf(keyOfTunnel(tunnel));
  }

  #tunnelKeys(): string[] {
    const all = this.#packets.flatMap(({ w }) => (w.tunnel === null ? [] : [keyOfTunnel(w.tunnel)]));
    return [...new Set(all)].slice(0, this.#limits.tunnels);
  }

  #takeDatagram(w: Written, flow: number, direction: 0 | 1): void {
    const isNew = !this.#datagramFlows.has(flow);
    this.#datagramFlows.add(flow);
    if (isNew && this.datagrams.length < this.#limits.datagrams) {
      const ends = [
        { address: w.source, port: w.sourcePort },
        { address: w.destination, port: w.destinationPort },
      ];
      this.datagrams.push({
        index: this.datagrams.length,
        point: 0,
        flow,
        protocol: 17,
        client: ends[direction],
        server: ends[1 - direction],
        packets: [0, 0],
        octets: [0, 0],
        first: [null, null],
        last: [null, null],
        largestL3: [0, 0],
        samples: [[], []],
        encapsulation: this.#around(w),
        tunnels: [],
        toGroup: [false, false],
        quic: false,
        sinceAnswer: null,
        unanswered: null,
      });
      this.#courses.push([]);
    }
    const known = this.datagrams.find((datagram) => datagram.flow === flow);
    if (known === undefined) return;
    const ref = refOf(w);
    known.packets[direction]++;
    known.octets[direction] += w.payloadLength;
    known.first[direction] ??= ref;
    known.last[direction] = ref;
    known.largestL3[direction] = Math.max(known.largestL3[direction], w.l3Length);
    if (known.samples[direction].length < this.#limits.packetsPerItem) known.samples[direction].push(ref);
    const tunnel = this.#tunnelOf(w);
    if (tunnel >= 0 && !known.tunnels.includes(tunnel)) known.tunnels.push(tunnel);
    if (isGroup(w.destinationMac)) known.toGroup[direction] = true;
    if (direction === 1) known.sinceAnswer = null;
    else if (known.packets[1] > 0) {
      known.sinceAnswer ??= { packets: 0, octets: 0, first: ref };
      known.sinceAnswer.packets++;
      known.sinceAnswer.octets += w.payloadLength;
    }
    this.#courses[known.index].push({ direction, ref });
    known.unanswered = this.#unansweredIn(this.#courses[known.index]);
  }

  /** What a list of all packets of a flow says of its requests, from the first answer on. */
  #unansweredIn(course: { direction: 0 | 1; ref: PacketRef }[]): DatagramFlow['unanswered'] {
    const since = course.slice(course.findIndex(({ direction }) => direction === 1));
    if (since[0].direction === 0) return null;
    const pairs = since.slice(1).map((next, at) => ({ turn: `${since[at].direction}${next.direction}`, at, next }));
    const waits = (turn: string) =>
      pairs.filter((pair) => pair.turn === turn).map(({ at, next }) => next.ref.time - since[at].ref.time);
    const packets = pairs.filter(({ turn }) => turn === '00').map(({ at }) => since[at].ref);
    if (packets.length === 0) return null;
    return {
      requests: packets.length,
      packets: packets.slice(0, this.#limits.packetsPerItem),
      answersAgain: waits('11').length,
      longestAnswer: Math.max(0, ...waits('01')),
      shortestWait: Math.min(...waits('00')),
    };
  }

  get datagramsTotal(): number {
    return this.#datagramFlows.size;
  }

  // ---------------------------------------------------------------------------------------------- exchanges

  #isSameQuestion(w: Written, one: DnsExchange, client: { address: string; port: number }): boolean {
    return (
      one.client.address === client.address &&
      one.client.port === client.port &&
      one.id === w.id &&
      one.name.toLowerCase() === w.name.toLowerCase() &&
      String(one.encapsulation) === String(this.#around(w))
    );
  }

  #takeQuery(w: Written, flow: number): void {
    const client = { address: w.source, port: w.sourcePort };
    const server = { address: w.destination, port: w.destinationPort };
    const ofQuestion = this.dns.filter((one) => this.#isSameQuestion(w, one, client));
    const latest = ofQuestion.filter((one) => isSame(one.server, server)).at(-1);
    if (latest !== undefined && !this.#closed.has(latest) && this.#awaitsQuery(latest, w.time)) {
      latest.queriesTotal++;
      this.#latest.set(latest, w.time);
      // The question was repeated to this server last, so another server's answer belongs to it.
      this.#byQuestion.set(questionOf(w, client), latest);
      if (latest.queries.length < this.#limits.packetsPerItem) latest.queries.push(queryOf(w));
      return;
    }
    this.dnsTotal++;
    if (this.dns.length >= this.#limits.dnsExchanges) {
      if (latest !== undefined) this.#closed.add(latest);
      this.#byQuestion.delete(questionOf(w, client));
      return;
    }
    const begun: DnsExchange = {
      index: this.dns.length,
      point: 0,
      flow,
      client,
      server,
      transport: 'udp',
      id: w.id,
      name: w.name,
      type: 1,
      queries: [queryOf(w)],
      queriesTotal: 1,
      responses: [],
      encapsulation: this.#around(w),
    };
    this.dns.push(begun);
    this.#latest.set(begun, w.time);
    this.#byQuestion.set(questionOf(w, client), begun);
  }

  readonly #byQuestion = new Map<string, DnsExchange>();

  /** Seconds without a message after which a further one is not awaited: 150 without an answer, 30 with one. */
  #awaits(one: DnsExchange, time: number): boolean {
    return time - (this.#latest.get(one) ?? 0) < (one.responses.length === 0 ? 150 : 30);
  }

  #awaitsQuery(one: DnsExchange, time: number): boolean {
    return this.#awaits(one, time) && (one.responses.length === 0 || time - one.queries[0].time < 15);
  }

  #takeResponse(w: Written): void {
    const client = { address: w.destination, port: w.destinationPort };
    const server = { address: w.source, port: w.sourcePort };
    const ofQuestion = this.dns.filter((one) => this.#isSameQuestion(w, one, client) && !this.#closed.has(one));
    const exact = ofQuestion.filter((one) => isSame(one.server, server)).at(-1);
    const other = this.#byQuestion.get(questionOf(w, client));
    const isOther = other !== undefined && w.time - (this.#latest.get(other) ?? 0) < 30;
    const asked = exact !== undefined && this.#awaits(exact, w.time) ? exact : isOther ? other : undefined;
    if (asked === undefined) return;
    this.#latest.set(asked, w.time);
    if (asked.responses.length >= this.#limits.packetsPerItem) return;
    asked.responses.push({
      ...refOf(w),
      from: server,
      rcode: w.rcode,
      truncated: w.truncated,
      answers: w.answers.length,
      addresses: w.answers,
      l3Length: w.l3Length,
    });
  }

  #takeEcho(w: Written, flow: number): void {
    const isRequest = w.kind === 'ping';
    const [source, destination] = isRequest ? [w.source, w.destination] : [w.destination, w.source];
    const latest = this.echoes
      .filter((one) => one.source === source && one.destination === destination && one.id === w.sourcePort)
      .filter((one) => one.sequence === w.sequence && String(one.encapsulation) === String(this.#around(w)))
      .at(-1);
    const isOpen = latest !== undefined && !this.#closed.has(latest) && w.time - (this.#latest.get(latest) ?? 0) < 60;
    let exchange = isOpen && (!isRequest || latest.reply === null) ? latest : undefined;
    if (exchange === undefined) {
      this.echoesTotal++;
      if (this.echoes.length >= this.#limits.echoExchanges) {
        if (latest !== undefined) this.#closed.add(latest);
        return;
      }
      exchange = {
        index: this.echoes.length,
        point: 0,
        flow,
        source,
        destination,
        id: w.sourcePort,
        sequence: w.sequence,
        l3Length: w.l3Length,
        request: null,
        requests: 0,
        reply: null,
        ttl: w.ttl,
        dontFragment: w.dontFragment,
        encapsulation: this.#around(w),
        toGroup: false,
      };
      this.echoes.push(exchange);
    }
    this.#latest.set(exchange, w.time);
    if (!isRequest) {
      exchange.reply ??= refOf(w);
      return;
    }
    if (exchange.request === null)
      Object.assign(exchange, { request: refOf(w), l3Length: w.l3Length, ttl: w.ttl, dontFragment: w.dontFragment });
    exchange.requests++;
    exchange.toGroup ||= isGroup(w.destinationMac);
  }

  #takeNeighbour(w: Written, flow: number): void {
    const isToAll = w.destinationMac === 'ff:ff:ff:ff:ff:ff';
    const isAnnounced = w.source === w.destination || (w.kind === 'reply' && isToAll);
    if (w.kind === 'reply' || isAnnounced) this.#takeClaim(w, isAnnounced);
    if (w.kind === 'reply' && !isAnnounced) {
      const asked = this.arp.filter(({ asker, target }) => asker === w.destination && target === w.source).at(-1);
      if (asked === undefined || this.#closed.has(asked) || w.time - (this.#latest.get(asked) ?? 0) >= 30) return;
      if (asked.replies.length < this.#limits.packetsPerItem) asked.replies.push({ ...refOf(w), mac: w.sourceMac });
      return;
    }
    const target = isAnnounced ? w.source : w.destination;
    const latest = this.arp.filter((one) => one.asker === w.source && one.target === target).at(-1);
    const goesOn =
      latest !== undefined &&
      !this.#closed.has(latest) &&
      latest.replies.length === 0 &&
      latest.gratuitous === isAnnounced &&
      latest.askerMac === w.sourceMac &&
      w.time - (this.#latest.get(latest) ?? 0) < 30;
    if (goesOn) {
      latest.requestsTotal++;
      if (isGroup(w.destinationMac)) latest.broadcasts++;
      if (latest.requests.length < this.#limits.packetsPerItem) latest.requests.push(refOf(w));
      this.#latest.set(latest, w.time);
      return;
    }
    if (this.arp.length >= this.#limits.arpExchanges) {
      if (latest !== undefined) this.#closed.add(latest);
      return;
    }
    const begun: ArpExchange = {
      index: this.arp.length,
      point: 0,
      flow,
      protocol: 'arp',
      asker: w.source,
      askerMac: w.sourceMac,
      target,
      requests: [refOf(w)],
      requestsTotal: 1,
      broadcasts: isGroup(w.destinationMac) ? 1 : 0,
      replies: [],
      gratuitous: isAnnounced,
    };
    this.arp.push(begun);
    this.#latest.set(begun, w.time);
  }

  #takeClaim(w: Written, isAnnounced: boolean): void {
    const known = this.claims.find(({ address, mac }) => address === w.source && mac === w.sourceMac);
    const gratuitous = isAnnounced ? 1 : 0;
    if (known !== undefined) {
      known.claims++;
      known.last = refOf(w);
      known.gratuitous += gratuitous;
    } else if (this.claims.length < this.#limits.claims) {
      const ref = refOf(w);
      this.claims.push({ point: 0, address: w.source, mac: w.sourceMac, claims: 1, first: ref, last: ref, gratuitous });
    }
  }

  #takeProbe(w: Written, flow: number): void {
    this.probesTotal++;
    if (this.probes.length >= this.#limits.probes) return;
    const isPing = w.kind === 'ping';
    this.probes.push({
      ...refOf(w),
      point: 0,
      flow: flow >>> 0,
      ipVersion: 4,
      protocol: isPing ? 1 : 17,
      source: { address: w.source, port: w.sourcePort },
      destination: { address: w.destination, port: w.destinationPort },
      ttl: w.ttl,
      ipId: w.ipId,
      sequence: isPing ? w.sequence : null,
      encapsulation: this.#around(w),
    });
  }

  // ---------------------------------------------------------------------------------------------- by address

  hosts(): HostActivity[] {
    const all = this.#packets.flatMap(({ w }) => [
      ...(isArp(w) ? [] : [{ w, outer: false, ends: w }]),
      ...(w.tunnel === null ? [] : [{ w, outer: true, ends: w.tunnel }]),
    ]);
    const named = all.flatMap(({ outer, ends }) => [`${ends.source} ${outer}`, `${ends.destination} ${outer}`]);
    return [...new Set(named)].slice(0, this.#limits.hosts).map((name) => {
      const [address, outer] = name.split(' ');
      const here = all.filter((one) => String(one.outer) === outer);
      const sent = here.filter(({ ends }) => ends.source === address);
      const received = here.filter(({ ends }) => ends.destination === address);
      return {
        point: 0,
        address,
        outer: outer === 'true',
        sent: sent.length,
        received: received.length,
        firstSent: sent.at(0)?.w.time ?? null,
        lastSent: sent.at(-1)?.w.time ?? null,
        firstReceived: received.at(0)?.w.time ?? null,
        lastReceived: received.at(-1)?.w.time ?? null,
        macs: this.#counted(sent.map(({ ends }) => ends.sourceMac)),
        ttls: this.#counted(sent.map(({ ends }) => ends.ttl)),
      };
    });
  }

  tunnels(): Omit<TunnelFlow, 'fates'>[] {
    return this.#tunnelKeys().map((key, index) => {
      const all = this.#packets.flatMap(({ w }) =>
        w.tunnel !== null && keyOfTunnel(w.tunnel) === key ? [{ w, tunnel: w.tunnel }] : [],
      );
      const [{ tunnel }] = all;
      const inner = all.filter(({ w }) => !isArp(w));
      return {
        index,
        point: 0,
        kind: tunnel.kind,
        source: tunnel.source,
        destination: tunnel.destination,
        networkId: tunnel.networkId,
        destinationPort: tunnel.port,
        packets: all.length,
        octets: all.reduce((sum, one) => sum + one.tunnel.l3Length, 0),
        first: refOf(all[0].w),
        last: refOf(all[all.length - 1].w),
        innerSourceMacs: this.#counted(all.map(({ w }) => w.sourceMac)),
        innerDestinationMacs: this.#counted(all.map(({ w }) => w.destinationMac)),
        innerSources: this.#counted(inner.map(({ w }) => w.source)),
        innerDestinations: this.#counted(inner.map(({ w }) => w.destination)),
        largestOuterL3: Math.max(...all.map((one) => one.tunnel.l3Length)),
        fragments: 0,
        ttls: this.#counted(all.map((one) => one.tunnel.ttl)),
        checksums: {
          good: Math.min(all.length, this.#limits.tunnelChecksums),
          bad: 0,
          partial: 0,
          absent: 0,
          notCaptured: 0,
        },
        firstBadChecksum: null,
        sourceMacs: this.#counted(all.map((one) => one.tunnel.sourceMac)),
        destinationMacs: this.#counted(all.map((one) => one.tunnel.destinationMac)),
        depth: 0,
      };
    });
  }

  /** Most frequent first, then by value; only the first few different values are counted. */
  #counted<T extends string | number>(values: readonly T[]): CountedValue<T>[] {
    const kept = [...new Set(values)].slice(0, this.#limits.countedValues);
    const counts = kept.map((value) => ({ value, count: values.filter((one) => one === value).length }));
    return counts.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  }
}

const refOf = ({ number, time }: Written): PacketRef => ({ packet: number, time });
const queryOf = (w: Written) => ({ ...refOf(w), sourcePort: w.sourcePort, l3Length: w.l3Length });
const isSame = (a: { address: string; port: number }, b: { address: string; port: number }): boolean =>
  a.address === b.address && a.port === b.port;
const questionOf = (w: Written, client: { address: string; port: number }): string =>
  [client.address, client.port, w.id, w.name.toLowerCase(), w.tunnel?.kind ?? ''].join(' ');
const keyOfTunnel = ({ kind, networkId, source, destination, port }: NonNullable<Written['tunnel']>): string =>
  [kind, networkId, source, destination, port].join(' ');
