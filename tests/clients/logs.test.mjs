// Log messages to clients: by logging/setLevel in the older eras, by each request's _meta in the modern one.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation } from './support/kimbap.mjs';
import { kLegacy, Raw, rpc } from './support/raw.mjs';
import { Upstream } from './support/upstream.mjs';

const kText = 'words-that-stay-private';
const kFlaky = '  flaky: {description: Is missing, path: /missing, risk: {level: low, mutating: false}, retry: {max_attempts: 2, backoff_ms: 1, retry_on: [404]}}\n';

let upstream;
let kimbap;
let raw;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port, { actions: kFlaky }), policy, secrets: { 'demo.token': kCredential },
  });
  const { url } = await kimbap.serve();
  raw = new Raw(url, await kimbap.token());
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const logs = ({ messages }) => messages.filter((one) => one.method === 'notifications/message').map((one) => one.params);
const answer = ({ messages }) => messages.find((one) => one.id !== undefined);

function check_steps(heard) {
  assert.ok(heard.every((one) => one.level === 'debug' && one.logger === 'kimbap'), JSON.stringify(heard));
  assert.deepEqual(heard.map((one) => one.data), [
    { step: 'decided', decision: 'allow', rule: 'reads' },
    { step: 'request', method: 'GET', origin: `http://127.0.0.1:${upstream.port}`, attempt: 1 },
    { step: 'answer', attempt: 1, status: 200 },
  ]);
  const text = JSON.stringify(heard);
  assert.ok(!text.includes(kText) && !text.includes(kCredential), text);
}

function check_retry(heard) {
  assert.equal(heard.length, 1, JSON.stringify(heard));
  assert.equal(heard[0].level, 'warning');
  assert.match(heard[0].data, /attempt 1 of demo\.flaky failed \(HTTP 404\)/);
}

for (const revision of kLegacy) {
  describe(`log messages, ${revision}`, () => {
    let session;
    before(async () => { session = await raw.session(revision); });

    const call = (name, args = {}) => raw.post(rpc('tools/call', { name, arguments: args }), session);
    const level = async (name) => answer(await raw.post(rpc('logging/setLevel', { level: name }), session));

    it('tells the steps of a call at level debug', async () => {
      assert.deepEqual((await level('debug')).result, {});
      const told = await call('demo_echo', { text: kText });
      check_steps(logs(told));
      assert.ok(answer(told).result);
    });

    it('tells of a refusal by policy', async () => {
      assert.deepEqual(logs(await call('demo_big', { amount: 1000 })).map((one) => one.data), [{ step: 'decided', decision: 'deny', rule: 'no-big-ones' }]);
    });

    it('tells of retries at level warning, and of no step', async () => {
      await level('warning');
      check_retry(logs(await call('demo_flaky')));
    });

    it('is silent below the level that was set', async () => {
      await level('error');
      assert.deepEqual(logs(await call('demo_flaky')), []);
    });

    it('refuses a level that there is not, and keeps the one that was set', async () => {
      assert.equal((await level('loud')).error?.code, -32602);
      assert.deepEqual(logs(await call('demo_flaky')), []);
    });
  });
}

describe('log messages, 2026-07-28', () => {
  const call = (name, args, level, change) =>
    raw.modern('tools/call', { name, arguments: args, ...(level ? { _meta: { 'io.modelcontextprotocol/logLevel': level } } : {}) }, change);

  it('tells the steps of a call that asks for level debug', async () => {
    const told = await call('demo_echo', { text: kText }, 'debug');
    check_steps(logs(told));
    assert.ok(answer(told).result);
  });

  it('tells the steps to a client that takes tasks, too', async () => {
    const told = await call('demo_echo', { text: kText }, 'debug', ({ message }) => {
      message.params._meta['io.modelcontextprotocol/clientCapabilities'] = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
    });
    check_steps(logs(told));
  });

  it('tells of retries at level warning, and of no step', async () => {
    check_retry(logs(await call('demo_flaky', {}, 'warning')));
  });

  it('sends none to a request that asks for none', async () => {
    assert.deepEqual(logs(await call('demo_flaky', {})), []);
    assert.deepEqual(logs(await call('demo_echo', { text: kText })), []);
  });

  it('refuses a level that there is not', async () => {
    assert.equal(answer(await call('demo_echo', { text: kText }, 'loud')).error?.code, -32602);
  });
});
