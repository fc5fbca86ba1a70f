/** Names that stand for numbers in the language, and names of services and protocols. */

/** pcap-filter(7): offsets and values of ICMP, ICMPv6 and TCP fields. */
export const NAMED_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['icmptype', 0],
  ['icmpcode', 1],
  ['icmp-echoreply', 0],
  ['icmp-unreach', 3],
  ['icmp-sourcequench', 4],
  ['icmp-redirect', 5],
  ['icmp-echo', 8],
  ['icmp-routeradvert', 9],
  ['icmp-routersolicit', 10],
  ['icmp-timxceed', 11],
  ['icmp-paramprob', 12],
  ['icmp-tstamp', 13],
  ['icmp-tstampreply', 14],
  ['icmp-ireq', 15],
  ['icmp-ireqreply', 16],
  ['icmp-maskreq', 17],
  ['icmp-maskreply', 18],
  ['icmp6type', 0],
  ['icmp6code', 1],
  ['icmp6-destinationunreach', 1],
  ['icmp6-packettoobig', 2],
  ['icmp6-timeexceeded', 3],
  ['icmp6-parameterproblem', 4],
  ['icmp6-echo', 128],
  ['icmp6-echoreply', 129],
  ['icmp6-multicastlistenerquery', 130],
  ['icmp6-multicastlistenerreportv1', 131],
  ['icmp6-multicastlistenerdone', 132],
  ['icmp6-routersolicit', 133],
  ['icmp6-routeradvert', 134],
  ['icmp6-neighborsolicit', 135],
  ['icmp6-neighboradvert', 136],
  ['icmp6-redirect', 137],
  ['icmp6-routerrenum', 138],
  ['icmp6-nodeinformationquery', 139],
  ['icmp6-nodeinformationresponse', 140],
  ['icmp6-ineighbordiscoverysolicit', 141],
  ['icmp6-ineighbordiscoveryadvert', 142],
  ['icmp6-multicastlistenerreportv2', 143],
  ['icmp6-homeagentdiscoveryrequest', 144],
  ['icmp6-homeagentdiscoveryreply', 145],
  ['icmp6-mobileprefixsolicit', 146],
  ['icmp6-mobileprefixadvert', 147],
  ['icmp6-certpathsolicit', 148],
  ['icmp6-certpathadvert', 149],
  ['icmp6-multicastrouteradvert', 151],
  ['icmp6-multicastroutersolicit', 152],
  ['icmp6-multicastrouterterm', 153],
  ['tcpflags', 13],
  ['tcp-fin', 0x01],
  ['tcp-syn', 0x02],
  ['tcp-rst', 0x04],
  ['tcp-push', 0x08],
  ['tcp-ack', 0x10],
  ['tcp-urg', 0x20],
  ['tcp-ece', 0x40],
  ['tcp-cwr', 0x80],
]);

/** Protocols whose ports have names here. */
export type PortProtocol = 'tcp' | 'udp' | 'both';

const named = (protocol: PortProtocol, services: string): [string, { port: number; protocol: PortProtocol }][] =>
  services.split(' ').map((service) => {
    const [name, port] = service.split('=');
    return [name, { port: Number(port), protocol }];
  });

/** Services by name (IANA, with the protocols that /etc/services of Debian 12 lists for them). */
export const SERVICES: ReadonlyMap<string, { port: number; protocol: PortProtocol }> = new Map([
  ...named(
    'tcp',
    'ftp-data=20 ftp=21 ssh=22 telnet=23 smtp=25 http=80 www=80 pop3=110 imap2=143 imap=143 bgp=179 microsoft-ds=445 ' +
      'submissions=465 smtps=465 submission=587 ftps=990 imaps=993 pop3s=995 socks=1080 ms-sql-s=1433 mysql=3306 ' +
      'ms-wbt-server=3389 postgresql=5432 amqps=5671 redis=6379 http-alt=8080 rsync=873 netbios-ssn=139 git=9418 ' +
      'zabbix-agent=10050 zabbix-trapper=10051 ipp=631 nntp=119 finger=79 whois=43 syslog-tls=6514 irc=194',
  ),
  ...named(
    'udp',
    'bootps=67 bootpc=68 tftp=69 ntp=123 netbios-ns=137 netbios-dgm=138 isakmp=500 ipsec-nat-t=4500 mdns=5353 ' +
      'syslog=514 route=520 router=520 dhcpv6-client=546 dhcpv6-server=547 ptp-event=319 ptp-general=320 babel=6696',
  ),
  ...named(
    'both',
    'domain=53 https=443 snmp=161 snmp-trap=162 ldap=389 ldaps=636 kerberos=88 sip=5060 sip-tls=5061 nfs=2049 ' +
      'domain-s=853 sunrpc=111 time=37 echo=7 radius=1812 openvpn=1194 rtsp=554',
  ),
]);

/** IP protocols by name (IANA protocol numbers), after `proto`; those that are keywords are written with a backslash. */
export const IP_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['ipencap', 4],
  ['tcp', 6],
  ['egp', 8],
  ['igp', 9],
  ['udp', 17],
  ['ipv6', 41],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['ipv6-icmp', 58],
  ['ospf', 89],
  ['ipip', 94],
  ['pim', 103],
  ['vrrp', 112],
  ['l2tp', 115],
  ['sctp', 132],
  ['udplite', 136],
]);

/** Ethernet protocols by name, after `ether proto`. */
export const ETHER_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['ip', 0x0800],
  ['arp', 0x0806],
  ['rarp', 0x8035],
  ['ip6', 0x86dd],
  ['aarp', 0x80f3],
  ['atalk', 0x809b],
  ['decnet', 0x6003],
  ['lat', 0x6004],
  ['sca', 0x6007],
  ['moprc', 0x6002],
  ['mopdl', 0x6001],
  ['loopback', 0x9000],
]);
