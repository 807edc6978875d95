import { declareTypes } from '../template/declare-types.ts';
import type { StructType } from '../template/go-value.ts';

const types = declareTypes(`
container.InspectResponse {
  container.ContainerJSONBase
  Mounts []container.MountPoint
  Config *container.Config
  NetworkSettings *container.NetworkSettings
  ImageManifestDescriptor *any omitempty
}
container.ContainerJSONBase {
  ID string json:Id
  Created string
  Path string
  Args []string
  State *container.State
  Image string
  ResolvConfPath string
  HostnamePath string
  HostsPath string
  LogPath string
  Name string
  RestartCount int
  Driver string
  Platform string
  MountLabel string
  ProcessLabel string
  AppArmorProfile string
  ExecIDs []string
  HostConfig *container.HostConfig
  GraphDriver storage.DriverData
  SizeRw *int64 omitempty
  SizeRootFs *int64 omitempty
}
container.State {
  Status string
  Running bool
  Paused bool
  Restarting bool
  OOMKilled bool
  Dead bool
  Pid int
  ExitCode int
  Error string
  StartedAt string
  FinishedAt string
  Health *container.Health omitempty
}
container.Health {
  Status string
  FailingStreak int
  Log []container.HealthcheckResult
}
container.HealthcheckResult {
  Start string
  End string
  ExitCode int
  Output string
}
container.HealthConfig {
  Test []string omitempty
  Interval int64 omitempty
  Timeout int64 omitempty
  StartPeriod int64 omitempty
  StartInterval int64 omitempty
  Retries int omitempty
}
container.MountPoint {
  Type string omitempty
  Name string omitempty
  Source string
  Destination string
  Driver string omitempty
  Mode string
  RW bool
  Propagation string
}
container.Config {
  Hostname string
  Domainname string
  User string
  AttachStdin bool
  AttachStdout bool
  AttachStderr bool
  ExposedPorts map[string]empty omitempty
  Tty bool
  OpenStdin bool
  StdinOnce bool
  Env []string
  Cmd []string
  Healthcheck *container.HealthConfig omitempty
  ArgsEscaped bool omitempty
  Image string
  Volumes map[string]empty
  WorkingDir string
  Entrypoint []string
  NetworkDisabled bool omitempty
  MacAddress string omitempty
  OnBuild []string
  Labels map[string]string
  StopSignal string omitempty
  StopTimeout *int omitempty
  Shell []string omitempty
}
container.HostConfig {
  Binds []string
  ContainerIDFile string
  LogConfig container.LogConfig
  NetworkMode container.NetworkMode
  PortBindings map[string]any
  RestartPolicy container.RestartPolicy
  AutoRemove bool
  VolumeDriver string
  VolumesFrom []string
  ConsoleSize []uint
  Annotations map[string]string omitempty
  CapAdd []string
  CapDrop []string
  CgroupnsMode container.CgroupnsMode
  DNS []string json:Dns
  DNSOptions []string json:DnsOptions
  DNSSearch []string json:DnsSearch
  ExtraHosts []string
  GroupAdd []string
  IpcMode container.IpcMode
  Cgroup container.CgroupSpec
  Links []string
  OomScoreAdj int
  PidMode container.PidMode
  Privileged bool
  PublishAllPorts bool
  ReadonlyRootfs bool
  SecurityOpt []string
  StorageOpt map[string]string omitempty
  Tmpfs map[string]string omitempty
  UTSMode container.UTSMode
  UsernsMode container.UsernsMode
  ShmSize int64
  Sysctls map[string]string omitempty
  Runtime string omitempty
  Isolation container.Isolation
  container.Resources
  Mounts []mount.Mount omitempty
  MaskedPaths []string
  ReadonlyPaths []string
  Init *bool omitempty
}
mount.Mount {
  Type mount.Type omitempty
  Source string omitempty
  Target string omitempty
  ReadOnly bool omitempty
  Consistency string omitempty
  BindOptions *mount.BindOptions omitempty
  VolumeOptions *mount.VolumeOptions omitempty
  ImageOptions *mount.ImageOptions omitempty
  TmpfsOptions *mount.TmpfsOptions omitempty
  ClusterOptions *any omitempty
}
mount.BindOptions {
  Propagation mount.Propagation omitempty
  NonRecursive bool omitempty
  CreateMountpoint bool omitempty
  ReadOnlyNonRecursive bool omitempty
  ReadOnlyForceRecursive bool omitempty
}
mount.VolumeOptions {
  NoCopy bool omitempty
  Labels map[string]string omitempty
  Subpath string omitempty
  DriverConfig *mount.Driver omitempty
}
mount.Driver {
  Name string omitempty
  Options map[string]string omitempty
}
mount.ImageOptions {
  Subpath string omitempty
}
mount.TmpfsOptions {
  SizeBytes int64 omitempty
  Mode uint32 omitempty
  Options []any omitempty
}
container.Resources {
  CPUShares int64 json:CpuShares
  Memory int64
  NanoCPUs int64 json:NanoCpus
  CgroupParent string
  BlkioWeight uint16
  BlkioWeightDevice []any
  BlkioDeviceReadBps []any
  BlkioDeviceWriteBps []any
  BlkioDeviceReadIOps []any
  BlkioDeviceWriteIOps []any
  CPUPeriod int64 json:CpuPeriod
  CPUQuota int64 json:CpuQuota
  CPURealtimePeriod int64 json:CpuRealtimePeriod
  CPURealtimeRuntime int64 json:CpuRealtimeRuntime
  CpusetCpus string
  CpusetMems string
  Devices []any
  DeviceCgroupRules []string
  DeviceRequests []any
  KernelMemory int64 omitempty
  KernelMemoryTCP int64 omitempty
  MemoryReservation int64
  MemorySwap int64
  MemorySwappiness *int64
  OomKillDisable *bool
  PidsLimit *int64
  Ulimits []any
  CPUCount int64 json:CpuCount
  CPUPercent int64 json:CpuPercent
  IOMaximumIOps uint64
  IOMaximumBandwidth uint64
}
container.LogConfig {
  Type string
  Config map[string]string
}
container.RestartPolicy {
  Name container.RestartPolicyMode
  MaximumRetryCount int
}
container.NetworkSettings {
  Bridge string
  SandboxID string
  SandboxKey string
  Ports map[string]any
  HairpinMode bool
  LinkLocalIPv6Address string
  LinkLocalIPv6PrefixLen int
  SecondaryIPAddresses []any
  SecondaryIPv6Addresses []any
  EndpointID string
  Gateway string
  GlobalIPv6Address string
  GlobalIPv6PrefixLen int
  IPAddress string
  IPPrefixLen int
  IPv6Gateway string
  MacAddress string
  Networks map[string]*network.EndpointSettings
}
network.EndpointSettings {
  IPAMConfig *any
  Links []string
  Aliases []string
  MacAddress string
  DriverOpts map[string]string
  GwPriority int
  NetworkID string
  EndpointID string
  Gateway string
  IPAddress string
  IPPrefixLen int
  IPv6Gateway string
  GlobalIPv6Address string
  GlobalIPv6PrefixLen int
  DNSNames []string
}
storage.DriverData {
  Data map[string]string
  Name string
}
empty {
}
`);

/** What `docker container inspect -f` runs a template on (moby api/types/container.InspectResponse). */
export const containerInspectType: StructType = types.get('container.InspectResponse') as StructType;
