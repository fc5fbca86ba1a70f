/**
 * Which rule explains which: a cause takes the symptoms of the same conversations under it.
 * Read a line as "the left one, when found, makes these appear". The graph has no circle (tested).
 */
export const EXPLAINS: Readonly<Record<string, readonly string[]>> = {
  'vxlan-outer-source-mismatch': ['vxlan-bad-checksum', 'tunnel-blocked', 'lost-in-underlay', 'dropped-in-node', 'asymmetric-return', 'service-ip-not-translated', ...silence()],
  'vxlan-vni-mismatch': ['tunnel-blocked', 'lost-in-underlay', 'dropped-in-node', 'asymmetric-return', ...silence()],
  'vxlan-port-mismatch': ['tunnel-blocked', 'lost-in-underlay', 'dropped-in-node', 'port-rejected', 'asymmetric-return', ...silence()],
  'vxlan-wrong-destination': ['tunnel-blocked', 'lost-in-underlay', 'dropped-in-node', 'asymmetric-return', ...silence()],
  'vxlan-bad-checksum': ['tunnel-blocked', 'dropped-in-node', ...silence()],
  'service-ip-not-translated': ['lost-in-underlay', 'dropped-in-node', 'no-route', 'dns-wrong-server', 'arp-unanswered', ...silence()],
  'asymmetric-return': ['dropped-in-node', 'lost-in-underlay', 'tunnel-blocked', ...silence()],
  'peer-down': ['lost-in-underlay', 'tunnel-blocked', 'arp-unanswered', 'dropped-in-node', 'no-route', 'packet-loss', ...silence()],
  'duplicate-ip': ['reset-injected', 'half-open', 'conntrack-invalid-reset', 'packet-loss', 'port-closed', ...silence()],
  'hairpin-failure': ['dropped-in-node', ...silence()],
  'stale-endpoint': ['no-route', 'arp-unanswered', 'dropped-in-node', 'lost-in-underlay', ...silence()],
  'routing-loop': ['lost-in-underlay', 'dropped-in-node', 'no-route', ...silence()],
  'reply-not-untranslated': ['dns-reply-wrong-source', 'port-closed', 'half-open', 'reset-injected', 'dropped-in-node', ...silence()],
  'dns-reply-wrong-source': ['port-rejected', 'dns-server-port-closed', ...silence()],
  'conntrack-invalid-reset': ['half-open', 'reset-injected', 'packet-loss', 'peer-vanished'],
  'dns-parallel-query-race': ['dns-slow', 'dropped-in-node', 'lost-in-underlay', 'dns-no-response', 'no-reply'],
  'dns-tcp-fallback-blocked': ['syn-no-reply', 'port-closed', 'port-rejected', 'dns-no-response', 'dropped-in-node'],
  'dns-server-failure': ['dns-slow', 'dns-no-response', 'no-reply'],
  'dns-wrong-server': ['dns-no-response', 'dns-server-port-closed', 'dns-server-failure', 'no-reply', 'no-route', 'arp-unanswered'],
  'dns-server-port-closed': ['dns-no-response', 'port-rejected', 'no-reply'],
  'arp-unanswered': ['no-route', ...silence()],
  'no-route': [...silence()],
  'firewall-reject': [...silence()],
  'new-connections-dropped': ['dropped-in-node', 'listen-queue-overflow', 'lost-in-underlay', 'tunnel-blocked', ...silence()],
  'mtu-black-hole': ['fragments-lost', 'tunnel-blocked', 'lost-in-underlay', 'dropped-in-node', 'packet-loss', 'zero-window-stall', 'server-slow', 'reordering', ...silence()],
  'fragments-lost': ['packet-loss', ...silence()],
  'tunnel-blocked': ['lost-in-underlay', 'dropped-in-node', ...silence()],
  'lost-in-underlay': [...silence()],
  'dropped-in-node': [...silence()],
  'idle-timeout': ['half-open', 'reset-injected', 'dropped-in-node', 'lost-in-underlay', 'packet-loss', 'server-slow', 'peer-vanished'],
  'listen-queue-overflow': ['syn-no-reply', 'packet-loss', 'server-slow', 'dropped-in-node'],
  'reset-injected': ['half-open', 'packet-loss', 'peer-vanished'],
  'half-open': ['packet-loss', 'server-slow', 'peer-vanished'],
  'peer-vanished': ['packet-loss', 'server-slow', 'zero-window-stall'],
  'zero-window-stall': ['server-slow', 'packet-loss'],
  'packet-loss': ['reordering', 'server-slow'],
  'reordering': ['server-slow'],
  'port-rejected': ['no-reply', 'syn-no-reply'],
  'port-closed': [],
  'dns-no-response': ['no-reply', 'dns-slow'],
};

/** The symptoms of any path that carries nothing: what the ends see when packets vanish. */
function silence(): string[] {
  return ['syn-no-reply', 'no-reply', 'dns-no-response', 'peer-vanished', 'dns-slow', 'packet-loss', 'server-slow'];
}
