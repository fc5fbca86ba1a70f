/** IP and TCP headers without options, as the MSS counts (RFC 6691, 2). */
export const TCP_IP_OCTETS = { 4: 40, 6: 60 } as const;
/** The timestamps option and two octets of padding, which take from the MSS (RFC 7323, appendix A). */
export const TIMESTAMP_OCTETS = 12;

/** Limits of the rules about packet sizes, with where they come from. */
export const SIZE_THRESHOLDS = {
  sendings: {
    value: 3,
    source: 'catalogue MTU-01: three transmissions; a single loss and a lost retransmission are ordinary',
  },
  smallestLost: {
    value: 576,
    source: 'RFC 791, 3.2: every host takes packets of 576 octets; below it the size is not the reason',
  },
  stallSeconds: {
    value: 0.6,
    source: 'three sendings at the least retransmission timeout of Linux, 200 ms and 400 ms',
  },
  leastTimeout: {
    value: 0.3,
    source:
      'RTO of Linux: 200 ms at least (TCP_RTO_MIN) and what the round trip adds; it doubles with each sending (RFC 6298, 5.5)',
  },
  sendingsInSilence: {
    value: 4,
    source:
      'one more than with a receiver that is heard: the silence then only fits the size because it begins with the first large packet',
  },
  lastWordSeconds: {
    value: 5,
    source:
      'the receiver acknowledged all that was smaller this shortly before: longer, and it may have gone meanwhile',
  },
  discoverySeconds: {
    value: 1,
    source: 'RFC 1191, 6.4: a sender that heeds ICMP sends smaller at once; waiting for a timeout takes longer',
  },
  unfilledSeconds: {
    value: 3,
    source: 'catalogue MTU-07: a hole that retransmissions after 0.2, 0.6 and 1.4 s have not filled',
  },
  heardSeconds: {
    value: 1,
    source: 'RFC 6298, 2.4: a second is time for a retransmission; the sender still speaks then',
  },
  sockets: { value: 3, source: 'as sendings: three requests, each from a socket of its own' },
  replySeconds: {
    value: 1,
    source: 'RFC 6298, 2.1: round trips are taken to be below 1 s; a satellite’s is 0.6 s (ITU-T G.114)',
  },
  echoes: { value: 2, source: 'a repeated size; one lost echo is ordinary' },
};
