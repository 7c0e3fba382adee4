// Output schemas: what tools promise of their results, and what happens to results that break it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { kPeers } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation } from './support/kimbap.mjs';
import { kLegacy, Raw, rpc } from './support/raw.mjs';
import { Upstream } from './support/upstream.mjs';

const kReads = 'risk: {level: low, mutating: false}';
const actions = `  typed:
    description: An object
    path: /echo
    ${kReads}
    args: [{name: text, type: string, required: true}]
    response:
      filter: {select: [text]}
      schema: {type: object, required: [text], properties: {text: {type: string, maxLength: 5}}, additionalProperties: false}
  typed-list: {description: A list, path: /list, ${kReads}, response: {schema: {$ref: "#/$defs/list", type: array, $defs: {list: {items: {type: string}}}}}}
  typed-text: {description: Promises JSON and is text, path: /text, ${kReads}, response: {schema: {type: object}}}
  typed-any: {description: An object or a list, path: /list, ${kReads}, response: {schema: {type: [object, array]}}}
  typed-refund:
    description: Has to be approved
    method: POST
    path: /refunds/{order}
    args: [{name: order, type: string, required: true}]
    request: {body: {reason: none}}
    response: {schema: {type: object, required: [refund]}}
  typed-wrong:
    description: Does it and answers something else
    method: POST
    path: /refunds/{order}
    args: [{name: order, type: string, required: true}]
    request: {body: {reason: none}}
    response: {schema: {type: object, required: [receipt]}}
`;
const rules = `  - {id: typed-needs-a-human, priority: 2, match: {actions: [demo.typed-refund]}, decision: require_approval}
  - {id: wrong, priority: 2, match: {actions: [demo.typed-wrong]}, decision: allow}
`;

let upstream;
let kimbap;
let place;
let raw;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port, { actions }), policy: policy + rules, secrets: { 'demo.token': kCredential },
    settings: 'approvals: {hold: 0s}',
  });
  const server = await kimbap.serve();
  place = { url: server.url, config: kimbap.config, folder: kimbap.folder, token: await kimbap.token() };
  raw = new Raw(server.url, place.token);
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const kList = { $ref: '#/$defs/list', type: 'array', $defs: { list: { items: { type: 'string' } } } };
for (const [name, connect] of kPeers) {
  describe(`output schemas, ${name}`, () => {
    let peer;
    let schemas;
    before(async () => {
      peer = await connect(place);
      // The clients hold results to what they were told here.
      schemas = Object.fromEntries((await peer.tools()).tools.map((tool) => [tool.name, tool.outputSchema]));
    });
    after(() => peer?.close());

    it('offers them as the revision takes them', () => {
      assert.deepEqual(schemas['demo_typed'],
        { type: 'object', required: ['text'], properties: { text: { type: 'string', maxLength: 5 } }, additionalProperties: false });
      const wrapped = { type: 'object', properties: { result: { ...kList, $ref: '#/properties/result/$defs/list' } }, required: ['result'] };
      assert.deepEqual(schemas['demo_typed-list'], peer.era === 'modern' ? kList : wrapped);
      assert.deepEqual(schemas['demo_typed-any'], peer.era === 'modern' ? { type: ['object', 'array'] } : undefined);
      assert.equal(schemas['demo_echo'], undefined);
    });

    it('gives results that keep the promise', async () => {
      assert.deepEqual((await peer.call('demo_typed', { text: 'hello' })).structuredContent, { text: 'hello' });
      const list = await peer.call('demo_typed-list', {});
      assert.deepEqual(list.structuredContent, peer.era === 'modern' ? ['one', 'two'] : { result: ['one', 'two'] });
      assert.equal((await peer.call('demo_typed-any', {})).isError ?? false, false);
    });

    it('makes an error of a result that breaks it', async () => {
      const broken = await peer.call('demo_typed', { text: 'longer' });
      assert.equal(broken.isError, true);
      assert.equal(broken.structuredContent, undefined);
      assert.match(broken.content[0].text, /not with what the manifest promises .*: \/text: /);
      const text = await peer.call('demo_typed-text', {});
      assert.equal(text.isError, true);
      assert.match(text.content[0].text, /the answer is not JSON/);
    });

    it('says that the call took effect where it did', async () => {
      const broken = await peer.call('demo_typed-wrong', { order: '7' });
      assert.equal(broken.isError, true);
      assert.match(broken.content[0].text, /"?receipt"?.*took effect all the same: do not repeat it/);
    });

    it('tells of an approval in a result that no schema is held to', async () => {
      const order = name.replace(/\W+/g, '-');
      const pending = await peer.call('demo_typed-refund', { order });
      assert.equal(pending.isError, true);
      assert.match(pending.content[0].text, /apr_/);
      const { approval } = { approval: pending._meta['kimbap/approval'] };
      await kimbap.run(['approval', 'approve', approval]);
      const done = await peer.call('kimbap_approval_result', { approval, wait_seconds: 10 });
      assert.deepEqual(done.structuredContent, { refund: order, reason: 'none' });
    });
  });
}

describe('output schemas of the older revisions', () => {
  for (const revision of kLegacy) {
    it(revision, async () => {
      const { messages } = await raw.post(rpc('tools/list', {}), await raw.session(revision));
      const tool = messages[0].result.tools.find((one) => one.name === 'demo_typed');
      assert.equal(tool.outputSchema !== undefined, revision >= '2025-06-18');
    });
  }
});

describe('a result that breaks its promise', () => {
  it('is recorded as failed', async () => {
    await raw.modern('tools/call', { name: 'demo_typed', arguments: { text: 'longer' } });
    const { stdout } = await kimbap.run(['audit', 'export', '--format', 'jsonl']);
    const records = stdout.trim().split('\n').map((line) => JSON.parse(line)).filter((one) => one.kind === 'call.finished' && one.action === 'demo.typed');
    assert.equal(records.at(-1).execution.status, 'failed');
    assert.equal(records.at(-1).execution.http_status, 200);
  });
});
