// Generated from the files of the rules by `npm run docs`: do not edit. build/measured-words.mjs has the comments.

/** What a rule may measure. */
export type Measured = Record<string, number | string | boolean | null | (number | string)[]>;

/** What each rule measures: the numbers behind its message, by its id. A field that is optional is not in every finding. */
// biome-ignore format: a field in one line
export interface MeasuredByRule {
  /** A server refuses the work with an error of its protocol. */
  'application-error': {
    /** Code of the error, as the protocol writes it. */
    code: string;
    /** Number of connections. */
    connections: number;
    /** Protocol that was recognised. */
    protocol: 'amqp' | 'http1' | 'http2' | 'mail' | 'memcached' | 'mysql' | 'none' | 'postgresql' | 'proxy' | 'redis' | 'ssh' | 'tls' | 'unknown';
    /** Number of sessions. */
    sessions: number;
    /** Text of the error as the protocol sent it. */
    text: string;
  };
  /** ARP for the next hop gets no answer. */
  'arp-unanswered': {
    /** Number of requests. */
    requests: number;
    /** How long it went on, seconds. */
    seconds: number;
  };
  /** Requests come through the tunnel, replies leave outside it and get lost. */
  'asymmetric-return': {
    /** Number of conversations. */
    conversations: number;
    /** Number of replies. */
    replies: number;
  };
  /** Packets arrive with a wrong IP, TCP or UDP checksum and are not answered. */
  'bad-checksum-on-arrival': {
    /** Protocol whose checksum is wrong. */
    header: 'IPv4' | 'TCP' | 'UDP';
    /** Packets with a right checksum that were answered. */
    rightAnswered: number;
    /** Packets with a wrong checksum. */
    wrong: number;
  };
  /** A queue on the path grows with what is under way, and delays everything. */
  'bufferbloat': {
    /** Correlation of the round trip with the octets in flight, -1 to 1. */
    correlation: number;
    /** Octets in flight at the shortest round trip. */
    leastFlight: number;
    /** Octets in flight at the longest round trip. */
    mostFlight: number;
    /** Longest round trip under load, seconds. */
    risenSeconds: number;
    /** Round trips that were measured. */
    samples: number;
    /** Shortest round trip, seconds. */
    shortestSeconds: number;
  };
  /** Packets were dropped by the capture itself. */
  'capture-drops': {
    /** Packets that the capture program dropped. */
    dropped: number;
    /** Names of the capture points. */
    points: string[];
  };
  /** Octets were acknowledged that the capture does not hold. */
  'capture-gaps': {
    /** Octets that were acknowledged and never captured. */
    gapOctets: number;
    /** Names of the capture points. */
    points: string[];
    /** Octets of TCP payload that were captured. */
    tcpOctets: number;
  };
  /** A SYN is answered by the ACK of an older connection first. */
  'challenge-ack': {
    /** Number of connections. */
    connections: number;
    /** Longest wait or period, seconds. */
    longestSeconds: number;
  };
  /** Many small exchanges one after another cost a round trip each. */
  'chatty-application': {
    /** Round trip, seconds. */
    roundTripSeconds: number;
    /** How long it went on, seconds. */
    seconds: number;
    /** Requests with their answers. */
    turns: number;
  };
  /** The client gives up before the server answers. */
  'client-gave-up': {
    /** Number of those that were answered. */
    answered: number;
    /** Answers that came after the client had given up. */
    answersLate: number;
    /** Number of requests. */
    requests: number;
    /** Seconds of waiting. */
    waitedSeconds: number;
  };
  /** A segment of a running connection arrives untranslated and draws a reset. */
  'conntrack-invalid-reset': {
    /** Connections that a reset broke. */
    brokenByReset: number;
    /** Number of connections. */
    connections: number;
    /** Segments that arrive from the address of the pod in place of the service. */
    orphans: number;
  };
  /** Small writes wait for acknowledgements that the other side delays. */
  'delayed-ack-nagle': {
    /** Address of the end whose small segments waited. */
    by: string;
    /** Mean wait, seconds. */
    meanSeconds: number;
    /** Segments that waited. */
    stalls: number;
    /** Requests with their answers. */
    turns: number;
  };
  /** A tunnel is fragmented although what it carries says not to. */
  'df-cleared-fragmentation': {
    /** Number of connections. */
    connections: number;
    /** Packets that were fragmented. */
    fragmented: number;
  };
  /** DHCP clients ask for an address and get none. */
  'dhcp-unanswered': {
    /** Number of clients. */
    clients: number;
    /** DHCPDISCOVERs that no DHCPREQUEST followed. */
    discovers: number;
    /** DHCPOFFERs that were seen where these DISCOVERs were. */
    offers: number;
    /** Other DHCP clients that got an address. */
    othersServed: number;
  };
  /** A and AAAA of one name contradict: one has an address, the other is an error. */
  'dns-answers-contradict': {
    /** The name that was looked up. */
    name: string;
    /** Pairs of lookups. */
    pairs: number;
  };
  /** A name that a client wants does not exist under any search suffix. */
  'dns-name-unknown': {
    /** The alias (CNAME) that leads to a name that does not exist; null without one. */
    alias: string | null;
    /** The name that was looked up. */
    name: string;
    /** A name that exists and is almost the same; null where none was seen. */
    nearest: string | null;
    /** How often the client asked for it under all names. */
    rounds: number;
    /** Names that were tried. */
    tried: string[];
  };
  /** DNS queries get no answer. */
  'dns-no-response': {
    /** Lookups that the server answered. */
    answeredOthers: number;
    /** Seconds for which the application waited; null where that was not seen. */
    applicationDelaySeconds: number | null;
    /** Addresses of the name servers that ask each other. */
    circle?: string[];
    /** Size of the largest answer that arrived, octets of IP. */
    largestAnswerPassed?: number;
    /** Number of lookups. */
    lookups: number;
    /** Lookups that got no answer at all. */
    neverAnswered: number;
    /** Queries that were sent. */
    queries: number;
    /** Size of the smallest answer that was lost, octets of IP. */
    smallestAnswerLost?: number;
  };
  /** Of two DNS queries sent at once from one socket, one is lost. */
  'dns-parallel-query-race': {
    /** Record type of the query that gets no answer. */
    lostType: string;
    /** Pairs of lookups. */
    pairs: number;
    /** Seconds of waiting. */
    pauseSeconds: number;
  };
  /** DNS answers come from another address than was asked. */
  'dns-reply-wrong-source': {
    /** Address and port from which the answers come. */
    answeredFrom: string;
    /** Address and port that was asked. */
    asked: string;
    /** Number of lookups. */
    lookups: number;
    /** Answers that the client rejected by ICMP. */
    rejectedByClient: number;
  };
  /** Names are looked up with every search suffix first. */
  'dns-search-expansion': {
    /** Answers that were read. */
    answers: number;
    /** Answers that say that the name does not exist. */
    nxdomain: number;
  };
  /** The DNS server answers SERVFAIL or REFUSED. */
  'dns-server-failure': {
    /** Addresses of the name servers that ask each other. */
    circle?: string[];
    /** Extended DNS error (RFC 8914) with the text of the server. */
    extendedError?: string;
    /** Lookups that failed. */
    failures: number;
    /** Failed lookups of names inside the cluster. */
    insideLookups?: number;
    /** Addresses that the node of the name server asks for in vain meanwhile (ARP). */
    sought?: string[];
    /** Lookups that succeeded. */
    succeeded: number;
    /** Queries that the name server passed on. */
    upstreamQueries: number;
    /** Addresses to which the name server passed queries on. */
    upstreams: string[];
    /** Seconds of waiting. */
    waitedSeconds: number;
  };
  /** The DNS server answers "port unreachable". */
  'dns-server-port-closed': {
    /** Number of those that were answered. */
    answered: number;
    /** Address that sent the ICMP errors. */
    errorFrom: string;
    /** Number of lookups. */
    lookups: number;
    /** Number of those that got no answer. */
    silent: number;
  };
  /** DNS answers come late. */
  'dns-slow': {
    /** Median seconds to the answer at the farthest point that saw query and answer. */
    farthestPointSeconds?: number;
    /** Number of lookups. */
    lookups: number;
    /** Median seconds to the answer. */
    medianSeconds: number;
    /** Slow lookups that had to ask again. */
    repeated: number;
    /** Number of those that were slow. */
    slow: number;
    /** Longest time to an answer, seconds. */
    worstSeconds: number;
  };
  /** Truncated DNS answers, and TCP port 53 does not connect. */
  'dns-tcp-fallback-blocked': {
    /** Attempts to open a connection. */
    attempts: number;
    /** What became of the connections over TCP. */
    outcome: 'answered' | 'refused' | 'rejected' | 'silent' | 'unknown';
    /** Truncated answers. */
    truncated: number;
  };
  /** Truncated DNS answers, and the client never asks by TCP. */
  'dns-truncated-not-retried': {
    /** The name that was looked up. */
    name: string;
    /** Truncated answers. */
    truncated: number;
  };
  /** A pod asks a name server that does not serve this cluster. */
  'dns-wrong-server': {
    /** Address and port that was asked. */
    asked: string;
    /** Addresses of the name servers that should be asked. */
    expected: string[];
    /** Number of lookups. */
    lookups: number;
    /** Number of those that got no answer. */
    unanswered: number;
  };
  /** Packets travel in a tunnel inside a tunnel. */
  'double-encapsulation': {
    /** Octets that the headers of all tunnels take. */
    headerOctets: number;
    /** Tunnels inside one another. */
    layers: number;
  };
  /** Packets enter a node at one device and never reach the next device inside it. */
  'dropped-in-node': {
    /** Number of conversations. */
    conversations: number;
    /** Packets that were lost. */
    lost: number;
    /** MAC address of the host that was meant. */
    meantMac?: string;
    /** MAC address of the device that got them; null where it is unknown. */
    ownMac?: string | null;
    /** Conversations that passed both points. */
    passing: number;
    /** Conversations of which the handshake passed and nothing after it. */
    staged?: number;
  };
  /** The same packets were captured more than once. */
  'duplicate-copies': {
    /** Packets that were captured twice. */
    copies: number;
    /** Names of the capture points. */
    points: string[];
    /** How often one packet was captured at most. */
    timesSeen?: number;
  };
  /** Different MAC addresses claim one IP address. */
  'duplicate-ip': {
    /** Gratuitous announcements by each of the MAC addresses. */
    announced?: number[];
    /** How often the node of the address changed from one connection to the next. */
    changes?: number;
    /** Number of connections. */
    connections?: number;
    /** Present where duplicate address detection found it. */
    duplicateAddressDetection?: true;
    /** MAC address to which a DHCP server gave the address. */
    leasedTo?: string;
    /** MAC addresses that claim the address. */
    macs: string[];
    /** Nodes that have the address. */
    nodes?: string[];
  };
  /** ESP or WireGuard packets arrive at a node and are not decrypted. */
  'encrypted-tunnel-not-decrypted': {
    /** Encrypted packets that arrived. */
    arrived?: number;
    /** Packets that were decrypted before. */
    decryptedBefore?: number;
    /** Packets of the other direction that were seen in plain before the host encrypted them; missing where decrypted ones were seen. */
    encryptedHere?: number;
    /** Handshake initiations of WireGuard. */
    initiations?: number;
    /** How long it went on, seconds. */
    seconds?: number;
    /** Security parameter index of the packets. */
    spi?: string;
    /** Security parameter index of those that were decrypted. */
    spiBefore?: string;
  };
  /** Uploads wait for 100 (Continue) that the server never sends. */
  'expect-not-answered': {
    /** Number of requests. */
    requests: number;
    /** Seconds of waiting. */
    waitedSeconds: number;
  };
  /** A capture filter was set. */
  'filter-hides-evidence': {
    /** Capture filters, as the files hold them. */
    filters: string[];
    /** Names of the capture points. */
    points: string[];
  };
  /** A firewall answers that the traffic is prohibited. */
  'firewall-reject': {
    /** Code of the ICMP message (IANA, ICMP parameters). */
    code: number;
    /** Number of errors. */
    errors: number;
    /** Address that sent the ICMP errors. */
    from: string;
  };
  /** New connections lose their first SYN and open with the second. */
  'first-syn-lost': {
    /** Other connections whose first SYN was answered at once. */
    atOnce: number;
    /** Seconds by which the connections were delayed. */
    delaySeconds: number;
    /** First SYNs that were lost. */
    lost: number;
  };
  /** Running connections are sent to another node than before, which does not know them. */
  'flow-moved-to-other-node': {
    /** Number of connections. */
    connections: number;
    /** Connections that opened after the move. */
    openedSince: number;
    /** Whether both nodes captured it. */
    seenAtBothNodes: boolean;
  };
  /** Fragments of a datagram arrive without the rest. */
  'fragments-lost': {
    /** Fragmented datagrams that were complete. */
    complete?: number;
    /** DNS answers among them. */
    dnsAnswers?: number;
    /** Fragmented datagrams that lack a fragment. */
    incomplete: number;
    /** Datagrams that needed no fragment and were answered. */
    wholeAnswered?: number;
  };
  /** A pod cannot reach itself through its own service. */
  'hairpin-failure': {
    /** Number of connections. */
    connections: number;
    /** Connections of other clients that the pod serves. */
    servesOthers: number;
    /** SYNs that were sent. */
    syns: number;
  };
  /** One side has ended connections and the other never does. */
  'half-closed': {
    /** Connections that were ended by one side. */
    ended: number;
    /** Connections that stay half closed. */
    halfClosed: number;
    /** Longest wait or period, seconds. */
    longestSeconds: number;
  };
  /** Data of a running connection is answered by a reset: the peer has forgotten it. */
  'half-open': {
    /** Seconds of silence before. */
    idleSeconds: number;
    /** Seconds from the packet to the reset. */
    resetAfterSeconds: number;
  };
  /** A server answers requests with errors. */
  'http-error': {
    /** Answers that were read. */
    answers: number;
    /** Number of errors. */
    errors: number;
    /** Who made the error: whether the answering server asked another one, and how that answered. */
    madeBy: 'answered' | 'failed' | 'idle' | 'unseen';
    /** First line of a request that failed; null where none was read. */
    request: string | null;
    /** Status codes, the most frequent first. */
    statuses: string[];
    /** Address of the server that the failing one asked; null where none was seen. */
    upstream: string | null;
  };
  /** HTTP/2 connections are ended with an error. */
  'http2-goaway': {
    /** Address of the end that sent it. */
    by: string;
    /** Code of the error, as the protocol writes it. */
    code: string;
    /** Number of connections. */
    connections: number;
    /** Number of sessions. */
    sessions: number;
    /** Text of the error as the protocol sent it. */
    text: string;
  };
  /** The server ends connections after the same idle time, and the client opens them again at once. */
  'idle-close': {
    /** Number of connections. */
    connections: number;
    /** Connections that were ended by one side. */
    ended: number;
    /** Seconds of silence before. */
    idleSeconds: number;
  };
  /** A connection no longer passes after an idle time. */
  'idle-timeout': {
    /** Seconds of silence before. */
    idleSeconds: number;
    /** Whether a reset answered. */
    reset: boolean;
    /** How often the same octets were sent. */
    sendings: number;
    /** Longest silence that a connection survived, seconds. */
    survivedSeconds: number;
  };
  /** A server closes connections at once, without an answer. */
  'immediate-close': {
    /** Of these, connections that were closed after a request. */
    afterRequest: number;
    /** Of these, connections that were closed by a reset. */
    byReset: number;
    /** Connections that were closed. */
    closed: number;
    /** Number of connections. */
    connections: number;
  };
  /** A request on a reused connection meets the server’s end of it. */
  'keepalive-race': {
    /** Number of connections. */
    connections: number;
    /** Seconds of silence before. */
    idleSeconds: number;
    /** Requests that were lost. */
    lost: number;
    /** Shortest silence after which it happened, seconds. */
    shortestIdleSeconds: number;
  };
  /** A listener ignores SYNs in a burst while it serves other connections. */
  'listen-queue-overflow': {
    /** SYNs that were not answered. */
    ignored: number;
    /** Ignored SYNs whose time stamp is lower than the last one that was answered. */
    lowerTimestamp?: number;
    /** Handshakes whose final acknowledgement was not taken. */
    notAccepted: number;
    /** Connections that opened at a later attempt. */
    recovered: number;
    /** Ignored SYNs from a port that the client had used for the same server less than a minute before. */
    reusedPort?: number;
    /** Connections or packets of the same server that went well. */
    served: number;
  };
  /** Everything remote falls silent at once. */
  'local-outage': {
    /** Addresses that fell silent together. */
    addresses: string[];
    /** Number of conversations. */
    conversations: number;
  };
  /** Packets leave one node and never reach the other. */
  'lost-in-underlay': {
    /** Number of conversations. */
    conversations: number;
    /** Packets that were lost. */
    lost: number;
    /** Conversations that passed both points. */
    passing: number;
    /** Conversations of which the handshake passed and nothing after it. */
    staged?: number;
  };
  /** Connections were running before the capture began. */
  'mid-stream-start': {
    /** Number of connections. */
    connections: number;
    /** Names of the capture points. */
    points: string[];
  };
  /** Connections agree on segments larger than the path carries. */
  'mss-not-clamped': {
    /** Number of connections. */
    connections: number;
    /** Maximum segment size that was agreed on, octets. */
    mss: number;
    /** MTU of the path, octets. */
    mtu: number;
  };
  /** Small packets pass and large ones never do. */
  'mtu-black-hole': {
    /** What became of the ICMP message "packet too big": none was sent, it was lost, or it was ignored. */
    icmp: 'ignored' | 'lost' | 'none';
    /** The point that saw the ICMP message last. */
    icmpLastSeen?: string;
    /** The point that should have seen the ICMP message next; null where there is none. */
    icmpMissingAt?: string | null;
    /** MTU in the ICMP message, octets; 0 without one. */
    icmpMtu: number;
    /** Size of the largest packet that was acknowledged, octets of IP. */
    largestPassed: number;
    /** Octets of the segments that never arrived. */
    missingOctets?: number;
    /** Segments that never arrived. */
    missingSegments?: number;
    /** Size of the smallest outer packet that was lost, octets of IP. */
    outerLost?: number;
    /** How often the same octets were sent. */
    sendings: number;
    /** Size of the smallest packet that was lost, octets of IP. */
    smallestLost: number;
  };
  /** From one moment on new connections are dropped while existing ones go on. */
  'new-connections-dropped': {
    /** Connections that carried packets meanwhile. */
    alive: number;
    /** Of these, SYNs whose port was in use by another connection. */
    collided?: number;
    /** SYNs that were dropped. */
    dropped: number;
    /** Ignored SYNs whose time stamp is lower than the last one that was answered. */
    lowerTimestamp?: number;
    /** Ignored SYNs from a port that the client had used for the same server less than a minute before. */
    reusedPort?: number;
  };
  /** Captures do not overlap in time. */
  'no-overlap': {
    /** Names of the capture points. */
    points: string[];
  };
  /** Requests stay without any reply. */
  'no-reply': {
    /** Number of those that were answered. */
    answered?: number;
    /** Number of requests. */
    requests: number;
  };
  /** A router says that the network or host cannot be reached. */
  'no-route': {
    /** Code of the ICMP message (IANA, ICMP parameters). */
    code: number;
    /** Number of errors. */
    errors: number;
    /** Address that sent the ICMP errors. */
    from: string;
  };
  /** A time server answers that its clock is not synchronised, or sends clients away. */
  'ntp-unsynchronised': {
    /** Answers that were read. */
    answers: number;
    /** Answers that give no time. */
    bad: number;
    /** Number of clients. */
    clients: number;
    /** Code of the last kiss-o'-death; empty without one. */
    code: string;
    /** Kiss-o'-death answers. */
    kisses: number;
  };
  /** Captured segments are larger than those on the wire. */
  'offload-super-segments': {
    /** Names of the capture points. */
    points: string[];
    /** Segments larger than the agreed MSS. */
    superSegments: number;
  };
  /** Only one direction of the traffic was captured. */
  'one-way-capture': {
    /** Number of connections. */
    connections: number;
    /** Names of the capture points. */
    points: string[];
  };
  /** Packets are lost without regard to their size. */
  'packet-loss': {
    /** Connections that lost packets in the same bursts. */
    burstFlows?: number;
    /** Bursts in which packets were lost. */
    bursts?: number;
    /** Number of connections. */
    connections?: number;
    /** Number of conversations. */
    conversations?: number;
    /** Whether losses were counted packet by packet between two points. */
    exact?: boolean;
    /** Packets that were lost. */
    lost?: number;
    /** Lost packets with data. */
    lostData?: number;
    /** Lost packets, bare acknowledgements included. */
    lostWithAcknowledgements?: number;
    /** Octets of the segments that never arrived. */
    missingOctets?: number;
    /** Conversations that passed both points. */
    passing?: number;
    /** How often the same octets were sent. */
    sendings?: number;
    /** Packets that were sent. */
    sent?: number;
    /** Share of packets that were lost, 0 to 1. */
    share?: number;
    /** Conversations of which the handshake passed and nothing after it. */
    staged?: number;
  };
  /** A host that answered before goes silent for everything at once. */
  'peer-down': {
    /** Number of conversations. */
    conversations: number;
    /** MAC address that the host has. */
    realMac?: string;
    /** Seconds of silence. */
    silenceSeconds: number;
    /** MAC address to which the packets are sent. */
    usedMac?: string;
  };
  /** The peer of a running connection stops answering, whatever is sent. */
  'peer-vanished': {
    /** Whether the repeated segments are keep-alives. */
    keepAlive: boolean;
    /** How long it went on, seconds. */
    seconds: number;
    /** How often the same octets were sent. */
    sendings: number;
  };
  /** The host answers SYNs with resets: nothing listens on that port. */
  'port-closed': {
    /** Attempts to open a connection. */
    attempts: number;
    /** Attempts to the service of which the failing backend is one. */
    attemptsToService?: number;
    /** Backends of the service that were seen. */
    backends?: number;
    /** Number of clients. */
    clients: number;
    /** Address and port of the backend that does not answer. */
    failingBackend?: string;
    /** What the address seems to be. */
    looksLike?: 'node port' | 'service address';
    /** Name of the capture point. */
    point: string;
    /** Number of ports. */
    ports: number;
    /** TTL of the resets. */
    resetTtl?: number;
    /** Address to which the SYNs were translated. */
    sentTo?: string;
    /** Connections or packets of the same server that went well. */
    served: number;
    /** TTL of other packets of the same sender. */
    usualTtl?: number;
  };
  /** A SYN or datagram is answered by ICMP port unreachable. */
  'port-rejected': {
    /** Code of the ICMP message (IANA, ICMP parameters). */
    code?: number;
    /** Number of errors. */
    errors?: number;
    /** Address that sent the ICMP errors. */
    from?: string;
    /** What the address seems to be. */
    looksLike?: 'node port' | 'service address';
  };
  /** Client and server speak different protocols on one port. */
  'protocol-mismatch': {
    /** Protocol that the client speaks; null where it was not recognised. */
    client: 'amqp' | 'http1' | 'http2' | 'mail' | 'memcached' | 'mysql' | 'none' | 'postgresql' | 'proxy' | 'redis' | 'ssh' | 'tls' | 'unknown' | null;
    /** Number of connections. */
    connections: number;
    /** Which protocols meet. */
    mismatch: 'http1-to-http2' | 'http2-to-http1' | 'other-protocol' | 'plain-to-tls' | 'proxy-header-unexpected' | 'tls-refused' | 'tls-to-plain';
    /** Protocol that the server speaks; null where it was not recognised. */
    server: 'amqp' | 'http1' | 'http2' | 'mail' | 'memcached' | 'mysql' | 'none' | 'postgresql' | 'proxy' | 'redis' | 'ssh' | 'tls' | 'unknown' | null;
    /** Number of sessions. */
    sessions: number;
  };
  /** A machine answers that it does not take this IP protocol. */
  'protocol-rejected': {
    /** Code of the error, as the protocol writes it. */
    code?: number;
    /** Number of errors. */
    errors?: number;
    /** Address that sent the ICMP errors. */
    from?: string;
    /** Whether the destination sends packets of this protocol itself. */
    isPart?: boolean;
    /** Number of the IP protocol (IANA). */
    protocol?: number;
    /** How long it went on, seconds. */
    seconds?: number;
  };
  /** QUIC (UDP) gets no answer where TCP to the same server works. */
  'quic-blocked': {
    /** Number of flows. */
    flows: number;
    /** Initial packets of QUIC. */
    initials: number;
    /** Seconds of waiting. */
    waitedSeconds: number | null;
  };
  /** A transfer is slow because the receiver’s window is small for the path, or because it reads slowly. */
  'receive-window-limited': {
    /** How long the sender waited for the window, seconds. */
    heldSeconds: number;
    /** Octets that were carried. */
    octets: number;
    /** Rate, octets per second. */
    octetsPerSecond: number;
    /** Round trip, seconds. */
    roundTripSeconds: number;
    /** How long it went on, seconds. */
    seconds: number;
    /** Receive window, octets. */
    windowOctets: number;
  };
  /** Packets arrive out of order, none is lost. */
  'reordering': {
    /** Segments that came late. */
    late: number;
    /** Number of segments. */
    segments: number;
    /** Segments that were sent again without need. */
    spurious: number;
  };
  /** Requests enter the node by one interface, replies leave by another one and get lost. */
  'reply-leaves-by-other-interface': {
    /** Requests that were sent again. */
    askedAgain: number;
    /** Number of flows. */
    flows: number;
    /** Number of replies. */
    replies: number;
    /** Address from which the replies come. */
    replySource: string;
  };
  /** Replies come from another address than was asked. */
  'reply-not-untranslated': {
    /** Address and port from which the answers come. */
    answeredFrom: string;
    /** Answers that were read. */
    answers?: number;
    /** Address and port that was asked. */
    asked: string;
    /** Number of connections. */
    connections?: number;
    /** Answers that the client rejected by ICMP. */
    rejected?: number;
  };
  /** The node translates the source of replies that had to keep it. */
  'reply-source-translated': {
    /** Address and port that was asked. */
    asked: string;
    /** Address and port to which the source of the replies is changed. */
    becomes: string;
    /** Number of connections. */
    connections: number;
    /** Number of resets. */
    resets: number;
  };
  /** A reset comes from another machine than its source address says. */
  'reset-injected': {
    /** Number of connections. */
    connections: number;
    /** TTL of the packets. */
    ttl: number;
    /** TTL of other packets of the same sender. */
    usualTtl: number | null;
  };
  /** Lost data is not sent again for seconds, although the receiver asks for it. */
  'retransmission-overdue': {
    /** Duplicate ACKs that asked for the octets. */
    duplicateAcks: number;
    /** Whether the octets were sent again at last. */
    repaired: boolean;
    /** How long it went on, seconds. */
    seconds: number;
  };
  /** Packets circle between routers until their TTL is used up. */
  'routing-loop': {
    /** How often one packet passed the point; 0 where other facts show the loop. */
    passes: number;
    /** ICMP "time exceeded" messages. */
    timeExceeded: number;
  };
  /** A transfer is slow because its sender pauses. */
  'sender-limited': {
    /** Mean receive window, octets. */
    meanWindow: number;
    /** Octets that were carried. */
    octets: number;
    /** Seconds of pauses in all. */
    pausedSeconds: number;
    /** Pauses of the sender. */
    pauses: number;
    /** How long it went on, seconds. */
    seconds: number;
  };
  /** A device on the way changes sequence numbers and not the SACK blocks that name them. */
  'seq-rewriting-middlebox': {
    /** Selective acknowledgements of octets that were never sent. */
    sacks: number;
  };
  /** The server ends connections without an answer to the request, or in the middle of it. */
  'server-closes-without-answer': {
    /** Octets of the body that were announced; null where the last chunk is missing. */
    announced?: number | null;
    /** Answers that ended in the middle. */
    brokenOff?: number;
    /** Of these, connections that were closed by a reset. */
    byReset: number;
    /** Octets of the body that came; null where that is not known. */
    came?: number | null;
    /** Connections that were closed. */
    closed?: number;
    /** Number of connections. */
    connections: number;
    /** Seconds of waiting. */
    waitedSeconds?: number;
  };
  /** The server acknowledges requests and never answers them. */
  'server-never-answers': {
    /** Seconds until the request was acknowledged; null where no acknowledgement came alone. */
    ackSeconds: number | null;
    /** Number of those that were answered. */
    answered: number;
    /** The chain of waits, a step each: who waits for whom, from the outermost to the server. */
    chain?: string[];
    /** Number of requests. */
    requests: number;
    /** Seconds of waiting. */
    waitedSeconds: number;
  };
  /** The server acknowledges requests at once and answers late. */
  'server-slow': {
    /** Seconds until the request was acknowledged; null where no acknowledgement came alone. */
    ackSeconds: number | null;
    /** The chain of waits, a step each: who waits for whom, from the outermost to the server. */
    chain?: string[];
    /** Longest wait or period, seconds. */
    longestSeconds: number;
    /** Number of those that were slow. */
    slow: number;
    /** Requests with their answers. */
    turns: number;
  };
  /** Packets to service addresses are not translated to a pod. */
  'service-ip-not-translated': {
    /** Service addresses that do answer. */
    answering: string[];
    /** Whether the packets leave the node untranslated. */
    leavesNic: boolean;
    /** Service addresses that do not answer. */
    silentServices: string[];
  };
  /** Packets were cut by the snapshot length. */
  'snaplen-cut': {
    /** Packets of which fewer octets were captured than were on the wire. */
    cut: number;
    /** Names of the capture points. */
    points: string[];
    /** Packets truncated so much that addresses or ports are missing. */
    unreadable: number;
  };
  /** Some packets leave the node without source translation and get no answer. */
  'source-not-translated': {
    /** Conversations with translated source that were answered. */
    answeredTranslated: number;
    /** Conversations with untranslated source that got no answer. */
    silentUntranslated: number;
    /** Address of the sender. */
    source: string;
    /** Addresses to which others are translated. */
    translatedTo: string[];
  };
  /** A service sends traffic to a pod address that no longer exists. */
  'stale-endpoint': {
    /** Attempts to open a connection. */
    attempts: number;
    /** Whether ARP for the address is not answered. */
    noAddress: boolean;
    /** Whether the inventory does not list the endpoint. */
    notListed: boolean;
    /** Other endpoints of the service that answer. */
    otherEndpointsAnswer: number;
  };
  /** SYN-ACKs are sent again and again, and no acknowledgement gets to the server. */
  'syn-ack-unacknowledged': {
    /** Whether the client acknowledges the SYN-ACK that is repeated all the same. */
    acknowledged: boolean;
    /** SYNs that the client sent again. */
    clientRepeats: number;
    /** Number of connections. */
    connections: number;
    /** How long it went on, seconds. */
    seconds: number;
    /** SYN-ACKs that were sent. */
    synAcks: number;
  };
  /** A listener gets many SYNs from sources that never answer and never ask again. */
  'syn-flood': {
    /** Connections that got no further than the SYN-ACK. */
    halfOpen: number;
    /** How long it went on, seconds. */
    seconds: number;
    /** Connections or packets of the same server that went well. */
    served: number;
    /** Number of addresses that SYNs come from. */
    sources: number;
  };
  /** SYNs are repeated and nothing answers. */
  'syn-no-reply': {
    /** Attempts to open a connection. */
    attempts: number;
    /** Attempts to the service of which the failing backend is one. */
    attemptsToService?: number;
    /** Backends of the service that were seen. */
    backends?: number;
    /** Address and port of the backend that does not answer. */
    failingBackend?: string;
    /** Ignored SYNs whose time stamp is lower than the last one that was answered. */
    lowerTimestamp?: number;
    /** MAC address that the host has. */
    realMac?: string;
    /** Ignored SYNs from a port that the client had used for the same server less than a minute before. */
    reusedPort?: number;
    /** Number of servers. */
    servers: number;
    /** SYNs that were answered by an old connection. */
    staleAnswers?: number;
    /** SYNs that were sent. */
    syns: number;
    /** MAC address to which the packets are sent. */
    usedMac?: string;
  };
  /** SYNs with a TCP MD5 or TCP-AO signature are ignored by a host that answers others, or the reverse. */
  'tcp-md5-mismatch': {
    /** Number of connections. */
    connections: number;
    /** Signature option of the other side. */
    other: string;
    /** Signature option that was sent. */
    sent: string;
    /** SYNs that were sent. */
    syns: number;
  };
  /** Time stamps go back inside a capture. */
  'timestamps-backwards': {
    /** Largest step, seconds. */
    largestSeconds: number;
    /** Names of the capture points. */
    points: string[];
    /** How often the time went back. */
    steps: number;
  };
  /** Requests are sent in very many tiny segments. */
  'tiny-segments': {
    /** Octets that were carried. */
    octets: number;
    /** Number of requests. */
    requests: number;
    /** Number of segments. */
    segments: number;
  };
  /** TLS handshakes end in an alert or are given up. */
  'tls-handshake-failed': {
    /** TLS alert that was sent; null where none was read. */
    alert: string | null;
    /** The end that did it. */
    by: 'client' | 'server';
    /** Number of connections. */
    connections: number;
    /** How the handshake ended. */
    end: 'alert' | 'closed' | 'given-up' | 'sealed-alert';
    /** Handshakes that failed. */
    failed: number;
    /** Size of the ClientHello, octets; null where it was not read. */
    helloOctets: number | null;
    /** End of validity of the certificate; null where it was not read. */
    notAfter: string | null;
    /** Name that the client asked for (SNI); null where it was not read. */
    serverName: string | null;
  };
  /** Probes of a traceroute in the capture are lost from one hop on up to the target. */
  'traceroute-loss': {
    /** Average round trip to each hop, milliseconds; "-" where nothing answered. */
    averageMs: ('-' | number)[];
    /** Name or address of each hop. */
    hops: string[];
    /** Probes lost at each hop, per cent. */
    lossPercent: number[];
    /** Name of the capture point. */
    point: string;
    /** Number of probes. */
    probes: number;
  };
  /** A capture file is cut short or damaged. */
  'truncated-capture': {
    /** Defects of the file. */
    damages: number;
    /** Names of the capture points. */
    points: string[];
  };
  /** Packets expire on the way: their sender gives them too small a TTL. */
  'ttl-too-small': {
    /** ICMP "time exceeded" messages that came back. */
    expired: number;
    /** Packets that were sent. */
    sends: number;
    /** TTL of the packets. */
    ttl: number;
  };
  /** Encapsulated packets leave a node and never reach the other, while its other traffic does. */
  'tunnel-blocked': {
    /** Number of conversations. */
    conversations: number;
    /** Packets that were lost. */
    lost: number;
    /** Conversations that passed both points. */
    passing: number;
  };
  /** Tunnel packets carry a wrong checksum in their outer header. */
  'vxlan-bad-checksum': {
    /** Outer packets with a UDP checksum of zero. */
    absent: number;
    /** Packets with a wrong checksum. */
    bad: number;
    /** Outer packets with a right checksum. */
    good: number;
    /** Conversations of others that were answered. */
    otherAnswered: number;
  };
  /** One node sends its tunnel packets with two outer source addresses, and one of them is not answered. */
  'vxlan-outer-source-mismatch': {
    /** Number of those that were answered. */
    answered: number;
    /** Address that a DHCP server gave. */
    leased?: string;
    /** Outer sources of one VTEP. */
    outerSources: string[];
    /** Connections that were answered only after they sent again with another outer source. */
    repaired?: number;
    /** Number of those that got no answer. */
    unanswered: number;
    /** Number of the VXLAN network identifier. */
    vni: number;
    /** MAC address of the tunnel end inside. */
    vtep: string;
  };
  /** Two nodes use different UDP ports for VXLAN. */
  'vxlan-port-mismatch': {
    /** Address of the one end. */
    a: string;
    /** Address of the other end. */
    b: string;
    /** UDP destination ports that the one end uses. */
    portsOfA: number[];
    /** UDP destination ports that the other end uses. */
    portsOfB: number[];
    /** Packets that ICMP refused. */
    refused: number;
  };
  /** Two nodes use different VXLAN network identifiers. */
  'vxlan-vni-mismatch': {
    /** Address of the one end. */
    a: string;
    /** Address of the other end. */
    b: string;
    /** VXLAN network identifiers that the one end uses. */
    vnisOfA: number[];
    /** VXLAN network identifiers that the other end uses. */
    vnisOfB: number[];
  };
  /** Tunnel packets are sent to another node than the one that has the inner destination. */
  'vxlan-wrong-destination': {
    /** Address of the pod or host that was meant. */
    meant: string;
    /** Outer destination of the packets. */
    outerDestination: string;
    /** Number of packets. */
    packets: number;
    /** Outer destinations that are right for it. */
    rightDestination: string[];
  };
  /** A receiver keeps its window shut and the transfer stands still. */
  'zero-window-stall': {
    /** Longest wait or period, seconds. */
    longestSeconds: number;
    /** Whether the window opened again. */
    reopened: boolean;
    /** How long it went on, seconds. */
    seconds: number;
    /** Periods with a window of zero. */
    spans: number;
  };
}
