import { declareTypes } from '../template/declare-types.ts';
import type { StructType } from '../template/go-value.ts';

const types = declareTypes(`
volume.Volume {
  ClusterVolume *any omitempty
  CreatedAt string omitempty
  Driver string
  Labels map[string]string
  Mountpoint string
  Name string
  Options map[string]string
  Scope string
  Status map[string]any omitempty
  UsageData *any omitempty
}
`);

/** What `volume inspect` shows, as Go types it. */
export const volumeInspectType: StructType = types.get('volume.Volume') as StructType;
