// Approvals that outlast what a client waits for: kimbap_approval_result, joining, withdrawal.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { connectLegacy, connectModern } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation, eventually, within } from './support/kimbap.mjs';
import { Upstream } from './support/upstream.mjs';

let upstream;
let kimbap;
let place;
let patient;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port), policy, secrets: { 'demo.token': kCredential }, settings: 'approvals: {hold: 200ms}',
  });
  const server = await kimbap.serve();
  place = { url: server.url, config: kimbap.config, folder: kimbap.folder, token: await kimbap.token() };
  const config = await kimbap.configure('patient.yaml', 'approvals: {hold: 20s}');
  patient = { ...place, config, url: (await kimbap.serve({ config })).url };
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const text = (result) => result.content.map((block) => block.text ?? '').join('\n');

const kPeers = [
  ['legacy over HTTP', (where) => connectLegacy(where, 'http')],
  ['modern over HTTP', (where) => connectModern(where, 'http', 'auto')],
  ['legacy over stdio', (where) => connectLegacy(where, 'stdio')],
  ['modern over stdio', (where) => connectModern(where, 'stdio', 'auto')],
];

for (const [name, connect] of kPeers) {
  describe(`approvals, ${name}`, () => {
    const order = (what) => `${what}-${name.replace(/\W+/g, '-')}`;
    let peer;
    before(async () => { peer = await connect(place); });
    after(() => peer?.close());

    it('names the approval once the hold is over, and collects the outcome later', async () => {
      const held = await peer.call('demo_refund', { order: order('later'), reason: 'r' });
      assert.ok(!held.isError, text(held));
      const id = held._meta['kimbap/approval'];
      assert.match(id, /^apr_/);
      assert.ok(text(held).includes(id) && text(held).includes('kimbap_approval_result'), text(held));

      const still = await peer.call('kimbap_approval_result', { approval: id });
      assert.match(text(still), /waiting/i);
      const state = await peer.client.readResource({ uri: `kimbap://approvals/${id}` });
      assert.match(state.contents[0].text, /pending/);

      const collecting = peer.call('kimbap_approval_result', { approval: id, wait_seconds: 20 });
      await kimbap.run(['approval', 'approve', id]);
      const outcome = await within(collecting, 'the outcome');
      assert.deepEqual(outcome.structuredContent, { refund: order('later'), reason: 'r' });
      const again = await peer.call('kimbap_approval_result', { approval: id });
      assert.deepEqual(again.structuredContent, outcome.structuredContent);
      assert.equal(upstream.seen(`/v1/refunds/${order('later')}`).length, 1);
    });

    it('keeps an outcome from everyone else', async () => {
      const held = await peer.call('demo_refund', { order: order('mine'), reason: 'r' });
      const id = held._meta['kimbap/approval'];
      const other = await connectLegacy({ ...place, token: await kimbap.token('someone-else') }, 'http');
      try {
        const refused = await other.call('kimbap_approval_result', { approval: id });
        assert.equal(refused.isError, true);
        await assert.rejects(other.client.readResource({ uri: `kimbap://approvals/${id}` }));
      } finally {
        await other.close();
      }
      await kimbap.run(['approval', 'deny', id]);
      const denied = await peer.call('kimbap_approval_result', { approval: id });
      assert.equal(denied.isError, true);
    });

    it('joins the same call while it waits', async () => {
      const args = { order: order('twice'), reason: 'r' };
      const first = await peer.call('demo_refund', args);
      const second = await peer.call('demo_refund', args);
      const id = first._meta['kimbap/approval'];
      assert.equal(second._meta['kimbap/approval'], id);
      await kimbap.run(['approval', 'approve', id]);
      await peer.call('kimbap_approval_result', { approval: id, wait_seconds: 20 });
      assert.equal(upstream.seen(`/v1/refunds/${order('twice')}`).length, 1);
    });

    it('withdraws by cancelling', async () => {
      const waiting = await connect(patient);
      try {
        const controller = new AbortController();
        const calling = waiting.call('demo_refund', { order: order('never'), reason: 'r' }, { signal: controller.signal })
          .then(() => 'answered', () => 'aborted');
        const id = await kimbap.pending('demo.refund');
        controller.abort();
        assert.equal(await within(calling, 'the abort'), 'aborted');
        await eventually(async () => (await kimbap.json(['approval', 'show', id])).state === 'withdrawn', 'the withdrawal');
        await kimbap.run(['approval', 'approve', id], { expect: 1 });
      } finally {
        await waiting.close();
      }
    });
  });
}
