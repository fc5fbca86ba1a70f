#!/usr/bin/env node
/**
 * Writes the captures of a cluster of N nodes: cni0 and eth0 of each, so 2 N files, the same bytes for the same options.
 *
 *   node benchmarks/generate-cluster.mjs --out FOLDER --nodes N [--packets 2000] [--neighbours 8 | --hub] [--faults]
 *     [--loss 0] [--nameless] [--seed 1]
 *
 * Pods of a node open connections to pods of the next nodes (`--neighbours`), with `--hub` every fourth one to the first
 * node. Between nodes their packets are in VXLAN, and each node has a clock of its own. Planted faults (`--faults`):
 *
 *   mtu    segments of 1,400 octets from the first node to the second leave its eth0 and never arrive
 *   drop   SYNs to port 5000 on the last node arrive at its eth0 and not at its cni0
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CaptureFile } from './generate/capture-file.mjs';
import { EventQueue } from './generate/event-queue.mjs';
import { MOST_PACKET_BYTES, PROTOCOL_TCP, putPacket, StreamText } from './generate/packet-bytes.mjs';
import { RandomNumbers } from './generate/random-numbers.mjs';

const FIRST_SECOND = 1_700_000_000;
const SECONDS = 60;
const TURNS = 5;
/** Handshake, end, and three packets a turn. */
const PACKETS_PER_CONNECTION = 6 + 3 * TURNS;
const PODS_PER_NODE = 10;
const MOST_CLOCK_OFFSET_SECONDS = 0.02;
const STEP_SECONDS = 0.0006;
const RESENT_AFTER_SECONDS = 0.2;
const BUFFER_BYTES = 1 << 16;
const [FIN, SYN, PSH, ACK] = [0x01, 0x02, 0x08, 0x10];
const LARGE = 1400;
const HTTP_PORT = 8080;

const podOf = (node, pod) => ((10 << 24) | (128 << 16) | (node << 8) | (2 + pod)) >>> 0;
/** 10.100.0.0/16 holds the nodes, and 10.128.0.0 and on the pods, a /24 for each node. */
const nodeOf = (address) => ((10 << 24) | (100 << 16) | (((address >>> 8) & 0xffff) + 0x0101)) >>> 0;

/** The capture points on the way of a packet, from the client's pod to the server's. */
function pointsOf(cluster, client, server) {
  const at = (node, device, hops, overlay) => ({
    ...cluster[node][device],
    overlay,
    nodeOf,
    afterNat: true,
    hopsFromClient: hops,
    hopsFromServer: 2 - hops,
  });
  return [
    at(client, 'cni0', 0, 'none'),
    { ...at(client, 'eth0', 1, 'vxlan') },
    { ...at(server, 'eth0', 1, 'vxlan') },
    at(server, 'cni0', 2, 'none'),
  ];
}

/**
 * The packets of one connection, one after the other: seconds since the one before, and at which of its points it is
 * last seen (all without it).
 */
function* connection({ random, loss, fault }, ends) {
  const [client, server] = [random.u32(), random.u32()];
  const clock = [random.u32(), random.u32()];
  let [sent, answered] = [0, 0];
  let seconds = 0;
  const packet = (fromClient, flags, length = 0, after = STEP_SECONDS, lastSeen = 3) => {
    seconds += after;
    const [seq, ack] = fromClient ? [sent, answered] : [answered, sent];
    const milliseconds = Math.floor(seconds * 1000);
    const isFirst = flags === SYN;
    return {
      after,
      lastSeen,
      protocol: PROTOCOL_TCP,
      fromClient,
      addresses: ends,
      ipId: random.u32() & 0xffff,
      outerIpId: random.u32() & 0xffff,
      flags,
      seqBase: fromClient ? client : server,
      seq,
      ackBase: fromClient ? server : client,
      ack,
      acks: !isFirst,
      length,
      textPlace: client % 0x8000,
      window: 502,
      tsVal: (clock[fromClient ? 0 : 1] + milliseconds) >>> 0,
      tsEcr: isFirst ? 0 : (clock[fromClient ? 1 : 0] + milliseconds) >>> 0,
      sack: null,
      mss: 1410,
      windowScale: 7,
    };
  };
  if (fault === 'drop') {
    for (let again = 0; again < 5; again++) yield packet(true, SYN, 0, again === 0 ? 0 : 2 ** (again - 1), 2);
    return;
  }
  yield packet(true, SYN, 0, 0);
  sent++;
  yield packet(false, SYN | ACK);
  answered++;
  yield packet(true, ACK);
  if (fault === 'mtu') {
    for (let again = 0; again < 7; again++)
      yield packet(true, PSH | ACK, LARGE, again === 0 ? STEP_SECONDS : RESENT_AFTER_SECONDS * 2 ** (again - 1), 1);
    return;
  }
  const data = function* (fromClient, length, after) {
    if (random.chance(loss)) {
      yield packet(fromClient, PSH | ACK, length, after, 1);
      yield packet(fromClient, PSH | ACK, length, RESENT_AFTER_SECONDS);
    } else yield packet(fromClient, PSH | ACK, length, after);
    if (fromClient) sent += length;
    else answered += length;
  };
  for (let turn = 0; turn < TURNS; turn++) {
    yield* data(true, 32, turn === 0 ? STEP_SECONDS : random.fraction() * 0.01);
    yield* data(false, random.between(200, 800), STEP_SECONDS);
    yield packet(true, ACK);
  }
  yield packet(true, FIN | ACK);
  sent++;
  yield packet(false, FIN | ACK);
  answered++;
  yield packet(true, ACK);
}

/** Seconds from one point of a packet's way to the next: inside a node, between nodes, inside a node. */
const transit = (random) => [
  20e-6 + random.fraction() * 20e-6,
  150e-6 + random.fraction() * 100e-6,
  20e-6 + random.fraction() * 20e-6,
];

/**
 * @param {{ out: string, nodes: number, packets?: number, neighbours?: number, isHub?: boolean, hasFaults?: boolean,
 *   loss?: number, isNameless?: boolean, seed?: number }} options
 * @returns {{ files: number, packets: number }}
 */
export function generateCluster(options) {
  const { out, nodes, packets = 2000, neighbours = 8, isHub = false, hasFaults = false, loss = 0, seed = 1 } = options;
  const random = new RandomNumbers(seed);
  const text = new StreamText(random);
  mkdirSync(out, { recursive: true });
  let files = 0;
  const width = String(nodes - 1).length;
  const fileOf = (node, device) => {
    const named = `node${String(node).padStart(width, '0')}__${device}.pcap`;
    const name = options.isNameless ? `c${String(files).padStart(4, '0')}.pcap` : named;
    files++;
    return new CaptureFile(join(out, name), 'pcap', BUFFER_BYTES);
  };
  const cluster = Array.from({ length: nodes }, (_, node) => {
    const offsetSeconds = node === 0 ? 0 : (random.fraction() * 2 - 1) * MOST_CLOCK_OFFSET_SECONDS;
    return {
      cni0: { file: fileOf(node, 'cni0'), offsetSeconds },
      eth0: { file: fileOf(node, 'eth0'), offsetSeconds },
    };
  });
  const queue = new EventQueue();
  const open = (start, client, server, port, fault) => {
    const pod = podOf(server, random.u32() % PODS_PER_NODE);
    const ends = {
      client: podOf(client, random.u32() % PODS_PER_NODE),
      clientPort: random.between(32_768, 60_999),
      pod,
      podPort: port,
      service: pod,
      servicePort: port,
    };
    const points = pointsOf(cluster, client, server);
    queue.push(start, { steps: connection({ random, loss, fault }, ends), points });
  };
  const each = Math.max(1, Math.round(packets / PACKETS_PER_CONNECTION / 2));
  const peers = Math.min(neighbours, nodes - 1);
  for (let node = 0; node < nodes; node++)
    for (let nth = 0; nth < each; nth++)
      open(
        random.fraction() * SECONDS,
        node,
        isHub && nth % 4 === 0 && node > 0 ? 0 : (node + 1 + (nth % peers)) % nodes,
        HTTP_PORT,
      );
  for (let nth = 0; hasFaults && nth < 3; nth++) {
    open(5 + nth * 10, 0, nodes - 1, 5000, 'drop');
    open(8 + nth * 10, 0, 1, 9000, 'mtu');
  }
  while (queue.size > 0) {
    const now = queue.nextTime;
    const event = queue.pop();
    if (event.steps === undefined) see(event, now, text);
    else goOn(event, now, queue, random);
  }
  let total = 0;
  for (const { cni0, eth0 } of cluster)
    for (const { file } of [cni0, eth0]) {
      file.close();
      total += file.packets;
    }
  return { files, packets: total };
}

/** The next packet of a connection at all points of its way, and the connection's next turn. */
function goOn(event, now, queue, random) {
  const packet = event.next ?? event.steps.next().value;
  if (packet === undefined) return;
  const way = packet.fromClient ? event.points : event.points.toReversed();
  let at = now;
  for (const [nth, seconds] of [0, ...transit(random)].entries()) {
    at += seconds;
    if (nth <= packet.lastSeen) queue.push(at, { packet, point: way[nth] });
  }
  const next = event.steps.next().value;
  if (next !== undefined) queue.push(now + next.after, { ...event, next });
}

function see({ packet, point }, now, text) {
  const { file } = point;
  const at = file.reserve(MOST_PACKET_BYTES);
  const end = putPacket(file.bytes, at, packet, point, text);
  file.commit(FIRST_SECOND + point.offsetSeconds + now, end - at);
}

function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      nodes: { type: 'string' },
      packets: { type: 'string', default: '2000' },
      neighbours: { type: 'string', default: '8' },
      hub: { type: 'boolean', default: false },
      faults: { type: 'boolean', default: false },
      loss: { type: 'string', default: '0' },
      nameless: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
    },
  });
  const { out, hub, faults, nameless } = values;
  const [nodes, packets, neighbours, loss, seed] = [
    values.nodes,
    values.packets,
    values.neighbours,
    values.loss,
    values.seed,
  ].map(Number);
  const isWhole = (number, least) => Number.isInteger(number) && number >= least;
  if (out === undefined || !isWhole(nodes, 2) || nodes > 4096 || !isWhole(packets, 1) || !isWhole(neighbours, 1)) {
    process.stderr.write(
      'generate-cluster: --out FOLDER --nodes N (2 to 4096) are needed; numbers are whole, from 1\n',
    );
    process.exitCode = 2;
    return;
  }
  const made = generateCluster({
    out,
    nodes,
    packets,
    neighbours,
    loss,
    seed,
    isHub: hub,
    hasFaults: faults,
    isNameless: nameless,
  });
  process.stdout.write(`${made.files} files, ${made.packets} packets\n`);
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) main();
