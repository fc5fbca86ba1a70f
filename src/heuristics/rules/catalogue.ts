// Generated from the files beside it by `npm run docs`: do not edit.
import type { Rule } from '../rule/rule.ts';
import { applicationError } from './application/application-error.ts';
import { bufferbloat } from './application/bufferbloat.ts';
import { chattyApplication } from './application/chatty-application.ts';
import { clientGaveUp } from './application/client-gave-up.ts';
import { delayedAckNagle } from './application/delayed-ack-nagle.ts';
import { expectNotAnswered } from './application/expect-not-answered.ts';
import { halfClosed } from './application/half-closed.ts';
import { httpError } from './application/http-error.ts';
import { http2Goaway } from './application/http2-goaway.ts';
import { idleClose } from './application/idle-close.ts';
import { keepaliveRace } from './application/keepalive-race.ts';
import { ntpUnsynchronised } from './application/ntp-unsynchronised.ts';
import { protocolMismatch } from './application/protocol-mismatch.ts';
import { quicBlocked } from './application/quic-blocked.ts';
import { receiveWindowLimited } from './application/receive-window-limited.ts';
import { senderLimited } from './application/sender-limited.ts';
import { serverClosesWithoutAnswer } from './application/server-closes-without-answer.ts';
import { serverNeverAnswers } from './application/server-never-answers.ts';
import { synFlood } from './application/syn-flood.ts';
import { tinySegments } from './application/tiny-segments.ts';
import { tlsHandshakeFailed } from './application/tls-handshake-failed.ts';
import { captureDrops } from './capture/capture-drops.ts';
import { captureGaps } from './capture/capture-gaps.ts';
import { duplicateCopies } from './capture/duplicate-copies.ts';
import { filterHidesEvidence } from './capture/filter-hides-evidence.ts';
import { midStreamStart } from './capture/mid-stream-start.ts';
import { noOverlap } from './capture/no-overlap.ts';
import { offloadSuperSegments } from './capture/offload-super-segments.ts';
import { oneWayCapture } from './capture/one-way-capture.ts';
import { snaplenCut } from './capture/snaplen-cut.ts';
import { timestampsBackwards } from './capture/timestamps-backwards.ts';
import { truncatedCapture } from './capture/truncated-capture.ts';
import { asymmetricReturn } from './cni/asymmetric-return.ts';
import { badChecksumOnArrival } from './cni/bad-checksum-on-arrival.ts';
import { doubleEncapsulation } from './cni/double-encapsulation.ts';
import { encryptedTunnelNotDecrypted } from './cni/encrypted-tunnel-not-decrypted.ts';
import { tunnelBlocked } from './cni/tunnel-blocked.ts';
import { vxlanBadChecksum } from './cni/vxlan-bad-checksum.ts';
import { vxlanOuterSourceMismatch } from './cni/vxlan-outer-source-mismatch.ts';
import { vxlanPortMismatch } from './cni/vxlan-port-mismatch.ts';
import { vxlanVniMismatch } from './cni/vxlan-vni-mismatch.ts';
import { vxlanWrongDestination } from './cni/vxlan-wrong-destination.ts';
import { dnsAnswersContradict } from './dns/dns-answers-contradict.ts';
import { dnsNameUnknown } from './dns/dns-name-unknown.ts';
import { dnsNoResponse } from './dns/dns-no-response.ts';
import { dnsParallelQueryRace } from './dns/dns-parallel-query-race.ts';
import { dnsReplyWrongSource } from './dns/dns-reply-wrong-source.ts';
import { dnsSearchExpansion } from './dns/dns-search-expansion.ts';
import { dnsServerFailure } from './dns/dns-server-failure.ts';
import { dnsServerPortClosed } from './dns/dns-server-port-closed.ts';
import { dnsSlow } from './dns/dns-slow.ts';
import { dnsTcpFallbackBlocked } from './dns/dns-tcp-fallback-blocked.ts';
import { dnsTruncatedNotRetried } from './dns/dns-truncated-not-retried.ts';
import { dnsWrongServer } from './dns/dns-wrong-server.ts';
import { dfClearedFragmentation } from './large-packet-loss/df-cleared-fragmentation.ts';
import { fragmentsLost } from './large-packet-loss/fragments-lost.ts';
import { mssNotClamped } from './large-packet-loss/mss-not-clamped.ts';
import { mtuBlackHole } from './large-packet-loss/mtu-black-hole.ts';
import { arpUnanswered } from './network-unreachable/arp-unanswered.ts';
import { dhcpUnanswered } from './network-unreachable/dhcp-unanswered.ts';
import { droppedInNode } from './network-unreachable/dropped-in-node.ts';
import { duplicateIp } from './network-unreachable/duplicate-ip.ts';
import { firewallReject } from './network-unreachable/firewall-reject.ts';
import { localOutage } from './network-unreachable/local-outage.ts';
import { lostInUnderlay } from './network-unreachable/lost-in-underlay.ts';
import { noReply } from './network-unreachable/no-reply.ts';
import { noRoute } from './network-unreachable/no-route.ts';
import { peerDown } from './network-unreachable/peer-down.ts';
import { routingLoop } from './network-unreachable/routing-loop.ts';
import { tracerouteLoss } from './network-unreachable/traceroute-loss.ts';
import { ttlTooSmall } from './network-unreachable/ttl-too-small.ts';
import { challengeAck } from './port-unreachable/challenge-ack.ts';
import { firstSynLost } from './port-unreachable/first-syn-lost.ts';
import { immediateClose } from './port-unreachable/immediate-close.ts';
import { listenQueueOverflow } from './port-unreachable/listen-queue-overflow.ts';
import { newConnectionsDropped } from './port-unreachable/new-connections-dropped.ts';
import { portClosed } from './port-unreachable/port-closed.ts';
import { portRejected } from './port-unreachable/port-rejected.ts';
import { protocolRejected } from './port-unreachable/protocol-rejected.ts';
import { synAckUnacknowledged } from './port-unreachable/syn-ack-unacknowledged.ts';
import { synNoReply } from './port-unreachable/syn-no-reply.ts';
import { tcpMd5Mismatch } from './port-unreachable/tcp-md5-mismatch.ts';
import { conntrackInvalidReset } from './service/conntrack-invalid-reset.ts';
import { flowMovedToOtherNode } from './service/flow-moved-to-other-node.ts';
import { hairpinFailure } from './service/hairpin-failure.ts';
import { replyLeavesByOtherInterface } from './service/reply-leaves-by-other-interface.ts';
import { replyNotUntranslated } from './service/reply-not-untranslated.ts';
import { replySourceTranslated } from './service/reply-source-translated.ts';
import { serviceIpNotTranslated } from './service/service-ip-not-translated.ts';
import { sourceNotTranslated } from './service/source-not-translated.ts';
import { staleEndpoint } from './service/stale-endpoint.ts';
import { halfOpen } from './tcp/half-open.ts';
import { idleTimeout } from './tcp/idle-timeout.ts';
import { packetLoss } from './tcp/packet-loss.ts';
import { peerVanished } from './tcp/peer-vanished.ts';
import { reordering } from './tcp/reordering.ts';
import { resetInjected } from './tcp/reset-injected.ts';
import { retransmissionOverdue } from './tcp/retransmission-overdue.ts';
import { seqRewritingMiddlebox } from './tcp/seq-rewriting-middlebox.ts';
import { serverSlow } from './tcp/server-slow.ts';
import { zeroWindowStall } from './tcp/zero-window-stall.ts';

/** Every rule, by class in the order of the article. */
export const catalogue: readonly Rule[] = [
  arpUnanswered,
  dhcpUnanswered,
  droppedInNode,
  duplicateIp,
  firewallReject,
  localOutage,
  lostInUnderlay,
  noReply,
  noRoute,
  peerDown,
  routingLoop,
  tracerouteLoss,
  ttlTooSmall,
  challengeAck,
  firstSynLost,
  immediateClose,
  listenQueueOverflow,
  newConnectionsDropped,
  portClosed,
  portRejected,
  protocolRejected,
  synAckUnacknowledged,
  synNoReply,
  tcpMd5Mismatch,
  dnsAnswersContradict,
  dnsNameUnknown,
  dnsNoResponse,
  dnsParallelQueryRace,
  dnsReplyWrongSource,
  dnsSearchExpansion,
  dnsServerFailure,
  dnsServerPortClosed,
  dnsSlow,
  dnsTcpFallbackBlocked,
  dnsTruncatedNotRetried,
  dnsWrongServer,
  dfClearedFragmentation,
  fragmentsLost,
  mssNotClamped,
  mtuBlackHole,
  asymmetricReturn,
  badChecksumOnArrival,
  doubleEncapsulation,
  encryptedTunnelNotDecrypted,
  tunnelBlocked,
  vxlanBadChecksum,
  vxlanOuterSourceMismatch,
  vxlanPortMismatch,
  vxlanVniMismatch,
  vxlanWrongDestination,
  conntrackInvalidReset,
  flowMovedToOtherNode,
  hairpinFailure,
  replyLeavesByOtherInterface,
  replyNotUntranslated,
  replySourceTranslated,
  serviceIpNotTranslated,
  sourceNotTranslated,
  staleEndpoint,
  halfOpen,
  idleTimeout,
  packetLoss,
  peerVanished,
  reordering,
  resetInjected,
  retransmissionOverdue,
  seqRewritingMiddlebox,
  serverSlow,
  zeroWindowStall,
  applicationError,
  bufferbloat,
  chattyApplication,
  clientGaveUp,
  delayedAckNagle,
  expectNotAnswered,
  halfClosed,
  httpError,
  http2Goaway,
  idleClose,
  keepaliveRace,
  ntpUnsynchronised,
  protocolMismatch,
  quicBlocked,
  receiveWindowLimited,
  senderLimited,
  serverClosesWithoutAnswer,
  serverNeverAnswers,
  synFlood,
  tinySegments,
  tlsHandshakeFailed,
  captureDrops,
  captureGaps,
  duplicateCopies,
  filterHidesEvidence,
  midStreamStart,
  noOverlap,
  offloadSuperSegments,
  oneWayCapture,
  snaplenCut,
  timestampsBackwards,
  truncatedCapture,
];
