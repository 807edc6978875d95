/** A port of the machine that leads to one of the container. */
export interface ForwardedPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** '' is every address. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

export interface ConnectOptions {
  readonly program: string;
  /** File of the network namespace to connect. */
  readonly namespace: string;
  /** The container's in it, `10.0.<n>.100` for any n. */
  readonly address: string;
  readonly ports: readonly ForwardedPort[];
  /** Beginning of the paths of files that the program is to use. */
  readonly files: string;
}

/**
 * The first address that nobody else has, though nobody else is reached by it: each container is alone in a subnet
 * 10.x.y.0/24, as slirp4netns makes it, its address ending in 100 and its gateway's in 2.
 */
export function freeAddress(taken: ReadonlySet<string>): string {
  for (let subnet = 2; ; subnet += 1) {
    const address = `10.${subnet >> 8}.${subnet & 255}.100`;
    if (!taken.has(address)) return address;
  }
}

export function gatewayOf(address: string): string {
  return address.replace(/\d+$/, '2');
}
