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

export function gatewayOf(address: string): string {
  return address.replace(/\d+$/, '2');
}
