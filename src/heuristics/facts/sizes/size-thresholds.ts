/** Octets of IP and TCP headers without options, as the MSS counts them (RFC 6691, 2). */
export const TCP_IP_OCTETS = { 4: 40, 6: 60 } as const;
/**
 * The timestamps option and two octets of padding. They reduce the room for data within the MSS (RFC 7323, appendix A).
 */
export const TIMESTAMP_OCTETS = 12;

/** Limits of the rules about packet sizes, with their sources. */
export const SIZE_THRESHOLDS = {
  sendings: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  smallestLost: { value: 576, unit: 'octets', source: 'RFC 791, 3.2: every host takes packets of this size' },
  stallSeconds: { value: 0.6, unit: 's', source: 'docs/thresholds.md, small-stall' },
  leastTimeout: { value: 0.3, unit: 's', source: 'docs/thresholds.md, least-timeout' },
  sendingsInSilence: { value: 4, unit: 'packets', source: 'docs/thresholds.md, four-in-silence' },
  lastWordSeconds: { value: 5, unit: 's', source: 'docs/thresholds.md, last-word' },
  discoverySeconds: { value: 1, unit: 's', source: 'RFC 1191, 6.4: a sender that heeds ICMP sends smaller at once' },
  unfilledSeconds: { value: 3, unit: 's', source: 'docs/thresholds.md, unfilled-hole' },
  heardSeconds: { value: 1, unit: 's', source: 'RFC 6298, 2.4: the time of a retransmission' },
  sockets: { value: 3, unit: 'requests', source: 'docs/thresholds.md, three-sendings' },
  replySeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, reply-time' },
  echoes: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;
