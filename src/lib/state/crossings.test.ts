import { expect, test } from 'vitest';
import { createByteCounter, MOST_CROSSINGS } from '../adapters/socketio/byte-counter.ts';
import { packetName } from '../adapters/socketio/link.ts';
import { clientMessages, serverMessages } from '../protocol/messages.ts';
import { asText, describe, totalsOf } from './crossings.ts';

test('pieces of one body are one crossing, heartbeats are gathered, and all add up to the totals', () => {
  const counter = createByteCounter(() => 5);
  counter.add('controlUp', 450, 'model');
  for (let piece = 0; piece < 3; piece += 1) counter.add('modelDown', 1000, 'model');
  counter.add('controlDown', 3, 'heartbeat');
  counter.add('controlUp', 7, 'progress');
  counter.add('controlDown', 3, 'heartbeat');
  expect(counter.crossings).toEqual([
    { at: 5, kind: 'controlUp', what: 'model', bytes: 450, times: 1 },
    { at: 5, kind: 'modelDown', what: 'model', bytes: 3000, times: 3 },
    { at: 5, kind: 'controlDown', what: 'heartbeat', bytes: 6, times: 2 },
    { at: 5, kind: 'controlUp', what: 'progress', bytes: 7, times: 1 },
  ]);
  expect(totalsOf(counter.crossings, counter.bytes)).toEqual({ out: 457, in: 3006, earlier: 0 });
});

test('the list is bounded, and what has left it is counted still', () => {
  const counter = createByteCounter();
  for (let index = 0; index < MOST_CROSSINGS + 20; index += 1)
    counter.add(index % 2 === 0 ? 'controlUp' : 'controlDown', 10, 'progress');
  expect(counter.crossings).toHaveLength(MOST_CROSSINGS);
  expect(totalsOf(counter.crossings, counter.bytes).earlier).toBe(200);
});

test('every message of the protocol has a description of its own, and packets are called by its name', () => {
  const names = [...Object.keys(clientMessages), ...Object.keys(serverMessages)];
  const described = names.map((name) => describe(name));
  expect(new Set(described).size).toBe(names.length);
  expect(described).not.toContain(describe('no such thing'));
  expect(packetName({ type: 'message', data: '213["check-in",{"examples":4}]' })).toBe('check-in');
  expect(packetName({ type: 'message', data: '2["come-back",{}]' })).toBe('come-back');
  expect(packetName({ type: 'message', data: '313[{"ok":true}]' })).toBe('answer');
  expect(packetName({ type: 'message', data: '0{"secret":null}' })).toBe('connection');
  expect(packetName({ type: 'ping' })).toBe('heartbeat');
});

test('what is fetched is asked for on its way out, and is there on its way in', () => {
  for (const what of ['model', 'upload-state', 'view', 'log']) {
    expect(describe(what, 'controlUp')).toMatch(/^Asks /);
    expect(describe(what, 'controlDown')).not.toMatch(/^Asks /);
  }
  expect(describe('update', 'updateUp')).toBe(describe('update'));
});

test('the list as text says each crossing in one line', () => {
  expect(asText([{ at: 0, kind: 'updateUp', what: 'update', bytes: 12, times: 1 }]).split('\n')[1]).toBe(
    '1970-01-01T00:00:00.000Z\tout\tupdate\tupdate\t12\t1\tThe update: what training changed in the model',
  );
});
