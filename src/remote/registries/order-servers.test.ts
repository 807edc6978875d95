import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { EndpointOutcome } from './endpoint.ts';
import { orderServers } from './order-servers.ts';
import { isPaused, recordOutcome, type ServerRecord } from './server-record.ts';

const hour = 3600_000;
const outcome: fc.Arbitrary<EndpointOutcome> = fc.oneof(
  fc.record({ kind: fc.constant('answered' as const) }),
  fc.record({ kind: fc.constant('answered' as const), speed: fc.double({ min: -1, max: 1e12 }) }),
  fc.record({ kind: fc.constantFrom('failed' as const, 'wrong' as const), reason: fc.string() }),
);
/** A server, what it did, and how many milliseconds passed since: the clock may be set back. */
const story = fc.array(
  fc.tuple(fc.nat(3), outcome, fc.integer({ min: -20 * 365 * 24 * hour, max: 10 * hour })),
  { maxLength: 60 },
);
const servers = [0, 1, 2, 3].map((index) => ({ url: String(index), isMirror: index < 3 }));

test('whatever has happened and however the clock jumps, no server is lost, and none is put off for over four hours', () => {
  fc.assert(
    fc.property(story, (events) => {
      let now = 1_800_000_000_000;
      const records = new Map<string, ServerRecord>();
      for (const [server, outcome, passed] of events) {
        now = Math.max(1, now + passed);
        const record = recordOutcome(records.get(String(server)), outcome, now);
        if (record !== undefined) records.set(String(server), record);
        const order = orderServers(servers, (url) => records.get(url), now);
        assert.deepEqual(order.map(({ url }) => url).sort(), ['0', '1', '2', '3']);
      }
      for (const record of records.values()) {
        if (record.at <= now) assert.ok(!isPaused(record, now + 4 * hour));
        else assert.ok(!isPaused(record, now));
        assert.ok(!Number.isNaN(record.speed ?? 0));
      }
    }),
  );
});

test('a server that has just failed is never asked before one of which nothing bad is known', () => {
  fc.assert(
    fc.property(story, fc.nat(2), (events, failing) => {
      let now = 1_800_000_000_000;
      const records = new Map<string, ServerRecord>();
      const see = (server: string, outcome: EndpointOutcome): void => {
        const record = recordOutcome(records.get(server), outcome, now);
        if (record !== undefined) records.set(server, record);
      };
      for (const [server, outcome, passed] of events) {
        now += Math.abs(passed);
        see(String(server), outcome);
      }
      see(String(failing), { kind: 'failed', reason: 'now' });
      const order = orderServers(servers, (url) => records.get(url), now).map(({ url }) => url);
      const sound = order.filter((url) => !isPaused(records.get(url), now));
      assert.deepEqual(order.slice(0, sound.length), sound);
      assert.ok(!sound.includes(String(failing)));
    }),
  );
});
