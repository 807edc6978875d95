import { LamellaError } from '../base/errors.ts';
import type { EndpointRequest, NetworkedContainer } from './endpoint.ts';
import { parseAddress } from './ip.ts';
import { isPredefined, subnetOf, type NetworkSpec } from './network.ts';
import { parsePort, parseRange } from './port-ranges.ts';

/**
 * Refuses whatever cannot be before it is written down: later it reaches files of others and the kernel.
 *
 * @param spec the network as it is; undefined where it is still to be made
 * @throws LamellaError invalid `endpoint-invalid`, in Docker's words
 */
export function checkEndpoint(
  network: string,
  request: EndpointRequest,
  spec: NetworkSpec | undefined,
): void {
  const problems = problemsOf(network, request, spec);
  if (problems.length === 0) return;
  const what = `invalid config for network ${network}: invalid endpoint settings:`;
  throw new LamellaError('invalid', [what, ...problems].join('\n'), { code: 'endpoint-invalid' });
}

/** @throws LamellaError invalid `port-invalid`, `address-invalid` */
export function checkPorts({ portBindings, exposedPorts }: NetworkedContainer): void {
  for (const text of exposedPorts) parsePort(text);
  for (const [text, bindings] of Object.entries(portBindings)) {
    parsePort(text);
    for (const { HostIp, HostPort } of bindings) {
      parseRange(HostPort);
      if (HostIp !== '' && parseAddress(HostIp) === undefined) {
        throw new LamellaError('invalid', `invalid IP address: ${HostIp}`, { code: 'address-invalid' });
      }
    }
  }
}

function problemsOf(network: string, request: EndpointRequest, spec: NetworkSpec | undefined): string[] {
  const { IPv4Address: ipv4, IPv6Address: ipv6, MacAddress: mac, Aliases: aliases } = request;
  const problems: string[] = [];
  if ((ipv4 !== '' || ipv6 !== '') && isPredefined(network)) {
    problems.push('user specified IP address is supported on user defined networks only');
  } else if ((ipv4 !== '' || ipv6 !== '') && spec?.hasOwnSubnet === false) {
    problems.push(
      'user specified IP address is supported only when connecting to networks with user configured subnets',
    );
  } else if (ipv6 !== '' && spec !== undefined && subnetOf(spec, 6) === undefined) {
    problems.push(`no configured subnet contains IP address ${ipv6}`);
  }
  // They would change nothing here; who asks for them is told so.
  for (const option of Object.keys(request.DriverOpts)) {
    problems.push(`driver option is not supported: ${option}`);
  }
  for (const address of request.LinkLocalIPs)
    problems.push(`link-local address is not supported: ${address}`);
  if (ipv4 !== '' && parseAddress(ipv4)?.family !== 4) problems.push(`invalid IPv4 address: ${ipv4}`);
  if (ipv6 !== '' && parseAddress(ipv6)?.family !== 6) problems.push(`invalid IPv6 address: ${ipv6}`);
  // Not that of a group: the lowest bit of the first byte.
  if (mac !== '' && !/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(mac)) {
    problems.push(`invalid MAC address: ${mac}`);
  }
  for (const alias of aliases) {
    if (!/^[a-z0-9_]([a-z0-9_.-]{0,252}[a-z0-9_])?$/i.test(alias)) problems.push(`invalid alias: ${alias}`);
  }
  return problems;
}
