/** Ports that Kubernetes gives to NodePort services: the default of kube-apiserver --service-node-port-range. */
export const NODE_PORTS = [30000, 32767] as const;

export const isNodePort = (port: number): boolean => port >= NODE_PORTS[0] && port <= NODE_PORTS[1];
