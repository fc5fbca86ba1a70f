/**
 * Reasons as values: a code with its numbers. Rules and judge decide by the code; sentences are made of it in
 * `report/sections/reason-words.ts` and nowhere else. Points and captures are indexes into the evidence.
 */
import type { TunnelKind } from '../../decode/packet.ts';
import type { Endpoint } from './packet-ref.ts';

/** Why absence at the end of a hop proves nothing there. */
export type HopReason =
  /** Not the rows of all packets fitted into the memory budget, and the counts of both ends differ. A further reading may settle it. */
  | { code: 'rows-not-kept' }
  /** Not all connections of the second point fitted into the memory budget. */
  | { code: 'connections-not-kept' }
  /** Packets of the second point are cut so short that addresses or ports are missing: the lost ones may be among them. */
  | { code: 'unreadable'; packets: number; of: number }
  /** The capture of the second point holds no packet, and no other capture of its host tells when it ran. */
  | { code: 'capture-time-unknown' }
  /** The capture of the second point dropped packets, by its own count. */
  | { code: 'dropped'; packets: number; of: number }
  /** The clocks of the two points could not be compared. */
  | { code: 'clock-unrelated'; between: [from: number, to: number] }
  /** The two points were not captured at the same time. */
  | { code: 'no-common-time' }
  /** The receiver acknowledged packets that the second point did not see. */
  | { code: 'acknowledged-unseen' }
  /** Answers passed the second point, which saw none of the requests. */
  | { code: 'answered-unseen' }
  /** Nothing tells which of the two points packets pass first: those that one of them lacks may have come past it before. */
  | { code: 'order-unknown' };

/** Why the offset between two clocks is unknown. */
export type ClockReason =
  | { code: 'no-common-packets' }
  /** The clocks moved against each other while the captures ran, in a way that could not be taken out. */
  | { code: 'clock-moved' }
  /** Packets were matched in one direction only, so delay and offset cannot be told apart. */
  | { code: 'one-direction' };

/** What a packet looked like at the first and at the second point of a hop. */
export type HopChange =
  | { code: 'source' | 'destination'; from: Endpoint; to: Endpoint }
  | { code: 'ttl' | 'dscp'; from: number; to: number }
  | { code: 'ip-id' }
  /** Of the SYN; null: the option was absent. */
  | { code: 'mss' | 'window-scale'; from: number | null; to: number | null }
  | { code: 'sack-permitted' | 'timestamps'; from: boolean; to: boolean }
  /** Tunnels, outermost first. */
  | { code: 'tunnels'; from: TunnelKind[]; to: TunnelKind[] };

/** What correlation assumed, or could not settle. */
export type CorrelationNote =
  /** The user gave a host, or an interface, that the name of the file contradicts. The user is believed. */
  | { code: 'given-host-differs' | 'given-interface-differs'; capture: number; given: string; named: string }
  /** The traffic tells that these points are on one host. */
  | { code: 'host-guessed'; points: number[]; host: string }
  /** Captures named after one host ran at the same time on one device: they are of several hosts, named by folder. */
  | { code: 'hosts-by-folder'; captures: number; named: string; hosts: string[] }
  /** So many captures shared the memory budget that some of them kept less than they hold. */
  | { code: 'memory-shared'; captures: number; full: number; reached: { what: string; captures: number }[] }
  /** The times of a capture jump back. Seconds, the most of a capture. */
  | { code: 'clock-set-back'; host: string; seconds: number }
  /** Seconds: by how much, forward above 0, give or take `error`; between which times since the first packet. */
  | {
      code: 'clock-set';
      host: string;
      against: string;
      seconds: number;
      error: number;
      after: number;
      before: number;
    }
  /** A point without packets; the host whose other captures tell when it ran, null when none does. */
  | { code: 'empty-capture'; point: number; sessionOf: string | null };

/** What the evidence lacks: the budgets of memory were reached, or a capture does not hold it. */
export type Incompleteness =
  | { code: 'connections-evicted'; connections: number; of: number }
  | {
      code: 'not-kept';
      what: 'connection' | 'DNS exchange' | 'ping exchange' | 'ICMP error';
      items: number;
      of: number;
    }
  /** Connections that began before the capture: client, window scale and MSS are guesses. */
  | { code: 'roles-guessed'; connections: number; of: number }
  /** Packets dropped while the capture ran, by its own count. */
  | { code: 'dropped'; capture: number; packets: number }
  /** Captures whose files do not say how many packets were dropped. */
  | { code: 'drops-unknown'; captures: number; of: number };
