import { declareTypes } from '../template/declare-types.ts';
import type { StructType } from '../template/go-value.ts';

const types = declareTypes(`
network.Inspect {
  Name string
  Id string
  Created time
  Scope string
  Driver string
  EnableIPv4 bool
  EnableIPv6 bool
  IPAM network.IPAM
  Internal bool
  Attachable bool
  Ingress bool
  ConfigFrom network.ConfigReference
  ConfigOnly bool
  Containers map[string]network.EndpointResource
  Options map[string]string
  Labels map[string]string
}
network.IPAM {
  Driver string
  Options map[string]string
  Config []network.IPAMConfig
}
network.IPAMConfig {
  Subnet string omitempty
  IPRange string omitempty
  Gateway string omitempty
  AuxiliaryAddresses map[string]string omitempty
}
network.ConfigReference {
  Network string
}
network.EndpointResource {
  Name string
  EndpointID string
  MacAddress string
  IPv4Address string
  IPv6Address string
}
`);

/** What `network inspect` shows, as Go types it. */
export const networkInspectType: StructType = types.get('network.Inspect') as StructType;
