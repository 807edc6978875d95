import { declareTypes } from '../template/declare-types.ts';
import type { StructType } from '../template/go-value.ts';

const types = declareTypes(`
image.InspectResponse {
  ID string json:Id
  RepoTags []string
  RepoDigests []string
  Parent string
  Comment string
  Created string omitempty
  Container string omitempty
  ContainerConfig *any omitempty
  DockerVersion string
  Author string
  Config *v1.DockerOCIImageConfig
  Architecture string
  Variant string omitempty
  Os string
  OsVersion string omitempty
  Size int64
  VirtualSize int64 omitempty
  GraphDriver storage.DriverData
  RootFS image.RootFS
  Metadata image.Metadata
  Descriptor *any omitempty
  Manifests []any omitempty
}
v1.DockerOCIImageConfig {
  v1.ImageConfig
  v1.DockerOCIImageConfigExt
}
v1.ImageConfig {
  User string omitempty
  ExposedPorts map[string]empty omitempty
  Env []string omitempty
  Entrypoint []string omitempty
  Cmd []string omitempty
  Volumes map[string]empty omitempty
  WorkingDir string omitempty
  Labels map[string]string omitempty
  StopSignal string omitempty
  ArgsEscaped bool omitempty
}
v1.DockerOCIImageConfigExt {
  Healthcheck *v1.HealthcheckConfig omitempty
  OnBuild []string omitempty
  Shell []string omitempty
}
v1.HealthcheckConfig {
  Test []string omitempty
  Interval int64 omitempty
  Timeout int64 omitempty
  StartPeriod int64 omitempty
  StartInterval int64 omitempty
  Retries int omitempty
}
storage.DriverData {
  Data map[string]string
  Name string
}
image.RootFS {
  Type string omitempty
  Layers []string omitempty
}
image.Metadata {
  LastTagTime time.Time omitempty
}
empty {
}
`);

/** What `docker image inspect -f` runs a template on (moby api/types/image.InspectResponse). */
export const imageInspectType: StructType = types.get('image.InspectResponse') as StructType;
