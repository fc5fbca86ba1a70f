/**
 * Reasons as values: a code with its numbers. Rules and the judge decide by the code. Only
 * `report/sections/reason-words.ts` turns it into sentences. Points and captures are indexes into the evidence.
 */
import type { TunnelKind } from '../../decode/packet.ts';
import type { Endpoint } from './packet-ref.ts';

/** Why absence at the end of a hop proves nothing. */
export type HopReason =
  /**
   * The memory budget could not hold the rows of all packets, and the counts of both ends differ. A further pass may
   * settle it.
   */
  | { code: 'rows-not-kept' }
  /** The memory budget could not hold all connections of the second point. */
  | { code: 'connections-not-kept' }
  /**
   * Packets of the second point are truncated so much that addresses or ports are missing. The lost ones may be among
   * them.
   */
  | { code: 'unreadable'; packets: number; of: number }
  /** The capture of the second point is empty, and no other capture of its host tells when it ran. */
  | { code: 'capture-time-unknown' }
  /** The capture of the second point dropped packets, by its own count. */
  | { code: 'dropped'; packets: number; of: number }
  /** Acknowledgements prove that the second capture missed octets that did arrive. */
  | { code: 'packets-missed'; octets: number; of: number }
  /** The clocks of the two points could not be compared. */
  | { code: 'clock-unrelated'; between: [from: number, to: number] }
  /** The two points were not captured at the same time. */
  | { code: 'no-common-time' }
  /** The receiver acknowledged packets that the second point did not see. */
  | { code: 'acknowledged-unseen' }
  /** Answers passed the second point, but none of the requests did. */
  | { code: 'answered-unseen' }
  /** The order of the two points is unknown. Packets that one of them lacks may have passed it first. */
  | { code: 'order-unknown' };

/** Why the offset between two clocks is unknown. */
export type ClockReason =
  | { code: 'no-common-packets' }
  /** The clocks moved against each other while the captures ran, and this could not be corrected. */
  | { code: 'clock-moved' }
  /** Packets were matched in one direction only, so delay and offset cannot be told apart. */
  | { code: 'one-direction' };

/** Fields of a packet at the first and at the second point of a hop. */
export type HopChange =
  | { code: 'source' | 'destination'; from: Endpoint; to: Endpoint }
  | { code: 'ttl' | 'dscp'; from: number; to: number }
  | { code: 'ip-id' }
  /** Option of the SYN; null: the option was absent. */
  | { code: 'mss' | 'window-scale'; from: number | null; to: number | null }
  | { code: 'sack-permitted' | 'timestamps'; from: boolean; to: boolean }
  /** Tunnels, outermost first. */
  | { code: 'tunnels'; from: TunnelKind[]; to: TunnelKind[] };

/** What correlation assumed or could not resolve. */
export type CorrelationNote =
  /** The user gave a host or an interface that contradicts the file name. The user's value is used. */
  | { code: 'given-host-differs' | 'given-interface-differs'; capture: number; given: string; named: string }
  /** The traffic shows that these points are on one host. */
  | { code: 'host-guessed'; points: number[]; host: string }
  /**
   * Captures named after one host ran at the same time on one device. They are assigned to several hosts, named by
   * folder.
   */
  | { code: 'hosts-by-folder'; captures: number; named: string; hosts: string[] }
  /** The memory budget was shared by so many captures that some of them kept only a part. */
  | { code: 'memory-shared'; captures: number; full: number; reached: { what: string; captures: number }[] }
  /** The times of a capture jump back, in total by so many seconds (the largest of the host's captures). */
  | { code: 'clock-set-back'; host: string; seconds: number }
  /**
   * A clock step: seconds (positive is forward), with its uncertainty `error`, and the two times since the first packet
   * between which it lies.
   */
  | {
      code: 'clock-set';
      host: string;
      against: string;
      seconds: number;
      error: number;
      after: number;
      before: number;
    }
  /** A point without packets, and the host whose other captures tell when it ran; null when none does. */
  | { code: 'empty-capture'; point: number; sessionOf: string | null }
  /** A capture that was expected: there is none, or it does not hold what was to be captured. */
  | { code: 'capture-expected'; expected: string; state: 'missing' | 'empty' | 'partial' }
  /** Captures of one name whose hosts nobody told: the digests carry no host. */
  | { code: 'same-name'; named: string; captures: number };

/** What the evidence lacks, because a memory budget was reached or the capture does not contain it. */
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
