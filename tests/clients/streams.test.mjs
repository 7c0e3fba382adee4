// Connections that break, stall or stay open: resumption, slow readers, thousands of idle sessions.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';

import { kCredential, manifest, policy } from './support/demo.mjs';
import { eventually, Installation, within } from './support/kimbap.mjs';
import { events, kBothTypes, open, Raw, rpc } from './support/raw.mjs';
import { Upstream } from './support/upstream.mjs';

const kIdleSessions = 2000;
const kSlowReaders = 20;

let upstream;
let kimbap;
let server;
let raw;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({ manifest: manifest(upstream.port), policy, secrets: { 'demo.token': kCredential } });
  server = await kimbap.serve();
  raw = new Raw(server.url, await kimbap.token());
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const call = (name, args = {}) => rpc('tools/call', { name, arguments: args, _meta: { progressToken: 'p' } });
const last = (text) => events(text).filter((one) => one.id).at(-1).id;

async function memory() {
  const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
}

/// How long an ordinary call takes now.
async function latency(session) {
  const started = performance.now();
  const answer = await raw.post(call('demo_echo', { text: 'hello' }), session);
  assert.equal(answer.messages.at(-1).result.isError ?? false, false, answer.text);
  return performance.now() - started;
}

describe('a stream that breaks', () => {
  for (const revision of ['2025-03-26', '2025-06-18', '2025-11-25']) {
    it(`is resumed where it broke, without loss or repetition, ${revision}`, async () => {
      const session = await raw.session(revision);
      const message = call('demo_paced');
      const first = raw.post(message, session, open);
      await first.heard((text) => text.includes('notifications/progress'));
      first.cut();
      await first.ended;
      const seen = last(first.text);
      const before = events(first.text).filter((one) => one.data).length;
      // What happens meanwhile is kept.
      upstream.events.emit('go');
      const second = raw.get({ ...session, 'Last-Event-ID': seen });
      await second.answered;
      for (let line = 0; line < 2; ++line) upstream.events.emit('go');
      await second.heard((text) => text.includes('"result"'), 'the result');
      await within(second.ended, 'the end of the resumed stream');
      const after = events(second.text).filter((one) => one.data).map((one) => JSON.parse(one.data));
      const answer = after.at(-1);
      assert.equal(answer.id, message.id);
      assert.equal(answer.result.isError ?? false, false);
      const ids = [...events(first.text), ...events(second.text)].filter((one) => one.id && one.data).map((one) => one.id);
      assert.equal(new Set(ids).size, ids.length, 'no event comes twice');
      const numbers = ids.map((id) => Number(id.split('-')[1]));
      assert.deepEqual(numbers, numbers.map((_, i) => i + 1), 'no event is missing');
      assert.ok(before >= 1 && after.length >= 2);
    });
  }

  it('is nobody else\'s to resume', async () => {
    const session = await raw.session();
    const stream = raw.post(call('demo_paced'), session, open);
    await stream.heard((text) => text.includes('notifications/progress'));
    stream.cut();
    const other = await raw.session();
    const answer = await raw.get({ ...other, 'Last-Event-ID': last(stream.text) }).answered;
    assert.equal(answer.status, 400);
    for (let line = 0; line < 3; ++line) upstream.events.emit('go');
  });
});

/// Sends a request and never reads what comes.
function deaf(headers, body) {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  const lines = Object.entries({ Host: `${hostname}:${port}`, 'Content-Type': 'application/json', Accept: kBothTypes, ...raw.bearer, ...headers });
  socket.write(`POST /mcp HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  socket.pause();
  return socket;
}

describe('readers that are slow', () => {
  it('cost neither memory without bound nor anybody else\'s time', async () => {
    const session = await raw.session();
    await latency(session);
    const before = await memory();
    const sockets = await Promise.all(Array.from({ length: kSlowReaders }, async () => {
      const own = await raw.session();
      return deaf(own, JSON.stringify(call('demo_flood')));
    }));
    await eventually(() => upstream.seen('/v1/flood').length === kSlowReaders, 'every slow reader\'s call');
    const times = [];
    for (let i = 0; i < 20; ++i) times.push(await latency(session));
    times.sort((a, b) => a - b);
    assert.ok(times[10] < 2000, `others waited ${times[10]} ms`);
    await eventually(() => upstream.flooded === kSlowReaders, 'the end of the floods');
    // Each stream holds 8 MiB at most, and each answer is there once.
    const grown = await memory() - before;
    assert.ok(grown < kSlowReaders * 24 * 2 ** 20, `grew by ${grown} bytes`);
    assert.ok(await latency(session) < 2000);
    for (const socket of sockets) socket.destroy();
  });
});

describe('sessions that idle', () => {
  it(`are cheap: ${kIdleSessions} with an open stream each, and calls go on`, async () => {
    const session = await raw.session();
    await latency(session);
    const before = await memory();
    const streams = [];
    for (let done = 0; done < kIdleSessions; done += 50) {
      streams.push(...await Promise.all(Array.from({ length: 50 }, async () => {
        const stream = raw.get(await raw.session());
        await stream.answered;
        assert.equal(stream.status, 200);
        return stream;
      })));
    }
    const each = (await memory() - before) / kIdleSessions;
    assert.ok(each < 64 * 1024, `a session costs ${each} bytes`);
    assert.ok(await latency(session) < 2000);
    // All of them hear of a change.
    await kimbap.edit(manifest(upstream.port, { description: 'Changed for thousands' }));
    await Promise.all(streams.map((stream) => stream.heard((text) => text.includes('list_changed'))));
    for (const stream of streams) stream.cut();
    assert.ok(await latency(session) < 2000);
  });
});
