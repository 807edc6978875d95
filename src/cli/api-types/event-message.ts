import { declareTypes } from '../template/declare-types.ts';
import { pointerTo, type GoType, type StructType } from '../template/go-value.ts';

const types = declareTypes(`
events.Message {
  Status string json:status omitempty
  ID string json:id omitempty
  From string json:from omitempty
  Type string
  Action string
  Actor events.Actor
  Scope string json:scope omitempty
  Time int64 json:time omitempty
  TimeNano int64 json:timeNano omitempty
}
events.Actor {
  ID string
  Attributes map[string]string
}
`);

/** What `events --format` speaks about (moby api/types/events.Message). */
export const eventMessageType: GoType = pointerTo(types.get('events.Message') as StructType);
