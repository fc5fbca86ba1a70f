import { beginPacket, directionOf } from './begin-packet.ts';
import type { CaptureRecord } from './files/capture-record.ts';
import * as ethernet from './headers/ethernet.ts';
import * as ipv4 from './headers/ipv4.ts';
import * as tcp from './headers/tcp.ts';
import { LINKTYPE_ETHERNET } from './link-types.ts';
import { u8 } from './octets.ts';
import type { Packet } from './packet.ts';
import { clearTimestamps, hasOnlyTimestamps, readTcpOptions, setTimestamps } from './read-tcp-options.ts';

/** Results: the record is not ordinary and nothing was changed; no TCP options but timestamps; others. */
export const NOT_ORDINARY = 0;
export const WITHOUT_OPTIONS = 1;
export const WITH_OPTIONS = 2;

/** Version 4 and a header of five words, as the first octet says it. */
const VERSION_4_WITHOUT_OPTIONS = 0x45;
/** Bits of the fragment word that only fragments have: more fragments, and an offset. */
const IS_FRAGMENT = 0x3fff;
const HEADERS = ethernet.LENGTH + ipv4.LENGTH + tcp.LENGTH;

/**
 * Decodes an ordinary record of Ethernet in one go: a VLAN tag at most, IPv4 without options, whole, with TCP whose header
 * was captured. The result is that of the general way, which takes thirty calls for it; a property test checks that
 * both agree.
 *
 *   link ─→ VLAN? ─→ IPv4 ─→ TCP ─→ options
 *
 * @param isCleared whether the latest result was `WITHOUT_OPTIONS`: then fields of other packets have their initial values
 */
export function decodeOrdinary(packet: Packet, record: CaptureRecord, isCleared: boolean): number {
  const { bytes, start, end, originalLength } = record;
  if (end - start < HEADERS) return NOT_ORDINARY;
  let ipAt = start + ethernet.LENGTH;
  let etherType = ethernet.etherType(bytes, start);
  let vlan = -1;
  if (ethernet.isTag(etherType)) {
    vlan = ethernet.vlanId(bytes, ipAt);
    etherType = ethernet.tagEtherType(bytes, ipAt);
    ipAt += ethernet.TAG_LENGTH;
  }
  if (etherType !== ethernet.ETHERTYPE_IPV4 || u8(bytes, ipAt) !== VERSION_4_WITHOUT_OPTIONS) return NOT_ORDINARY;
  if (ipv4.protocol(bytes, ipAt) !== tcp.PROTOCOL) return NOT_ORDINARY;
  const word = ipv4.fragmentWord(bytes, ipAt);
  const l3Length = ipv4.totalLength(bytes, ipAt);
  const ipEnd = ipAt + l3Length;
  if ((word & IS_FRAGMENT) !== 0 || (ipEnd > end && ipEnd > start + originalLength)) return NOT_ORDINARY;
  const captured = ipEnd < end ? ipEnd : end;
  const at = ipAt + ipv4.LENGTH;
  if (at + tcp.LENGTH > captured) return NOT_ORDINARY;
  const length = tcp.headerLength(bytes, at);
  const payloadAt = at + length;
  if (length < tcp.LENGTH || payloadAt > captured) return NOT_ORDINARY;

  if (!isCleared) clear(packet, record);
  packet.seconds = record.seconds;
  packet.nanoseconds = record.nanoseconds;
  packet.bytes = bytes;
  packet.start = start;
  packet.end = end;
  packet.originalLength = originalLength;
  packet.interfaceIndex = record.interfaceIndex;
  packet.direction = directionOf(record);
  packet.vlan = vlan;
  packet.ethernetAt = start;
  packet.sourceMacAt = ethernet.sourceAt(start);
  packet.destinationMacAt = ethernet.destinationAt(start);
  packet.networkAt = ipAt;
  packet.ipAt = ipAt;
  packet.source = ipv4.source(bytes, ipAt);
  packet.destination = ipv4.destination(bytes, ipAt);
  packet.ttl = ipv4.timeToLive(bytes, ipAt);
  packet.dscp = ipv4.dscp(bytes, ipAt);
  packet.ecn = ipv4.ecn(bytes, ipAt);
  packet.ipId = ipv4.identification(bytes, ipAt);
  packet.dontFragment = ipv4.dontFragment(word);
  packet.l3Length = l3Length;
  packet.transportAt = at;
  packet.sourcePort = tcp.sourcePort(bytes, at);
  packet.destinationPort = tcp.destinationPort(bytes, at);
  packet.payloadLength = ipEnd - payloadAt;
  packet.payloadAt = payloadAt;
  packet.payloadEnd = captured;
  packet.tcpSeq = tcp.seq(bytes, at);
  packet.tcpAck = tcp.ack(bytes, at);
  packet.tcpFlags = tcp.flags(bytes, at);
  packet.tcpWindow = tcp.window(bytes, at);
  if (length > tcp.LENGTH && !hasOnlyTimestamps(bytes, at + tcp.LENGTH, payloadAt)) {
    clearTimestamps(packet);
    readTcpOptions(packet, at + tcp.LENGTH, payloadAt, true);
    return WITH_OPTIONS;
  }
  if (length > tcp.LENGTH) setTimestamps(packet, at + tcp.LENGTH + 4);
  else clearTimestamps(packet);
  return WITHOUT_OPTIONS;
}

/** The fields that all ordinary records have in common. */
function clear(packet: Packet, record: CaptureRecord): void {
  beginPacket(packet, record, LINKTYPE_ETHERNET);
  packet.etherType = ethernet.ETHERTYPE_IPV4;
  packet.ipVersion = 4;
  packet.protocol = tcp.PROTOCOL;
}
