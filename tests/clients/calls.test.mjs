// What every client sees of calls: results, refusals, progress, cancellation, approval.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { kConnections } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { eventually, Installation, within } from './support/kimbap.mjs';
import { kPixel, Upstream } from './support/upstream.mjs';

let upstream;
let kimbap;
let place; // where clients find it

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port), policy, secrets: { 'demo.token': kCredential }, settings: 'approvals: {hold: 15s}',
  });
  const server = await kimbap.serve();
  place = { url: server.url, config: kimbap.config, folder: kimbap.folder, token: await kimbap.token() };
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const text = (result) => result.content.map((block) => block.text ?? '').join('\n');

for (const [name, , era, connect] of kConnections) {
  describe(name, () => {
    let peer;
    before(async () => { peer = await connect(place); });
    after(() => peer?.close());

    it('agrees on its era', () => assert.equal(peer.era, era));

    it('lists what policy could allow, and nothing else', async () => {
      const { tools } = await peer.tools();
      const names = tools.map((tool) => tool.name);
      assert.ok(names.includes('demo_echo') && names.includes('demo_refund'), names.join());
      assert.ok(names.includes('kimbap_approval_result'), names.join());
      assert.ok(!names.includes('demo_wipe'), names.join());
      assert.deepEqual(names, [...names].sort());
      const echo = tools.find((tool) => tool.name === 'demo_echo');
      assert.deepEqual(echo.inputSchema.required, ['text']);
      assert.equal(echo.annotations.readOnlyHint, true);
    });

    it('calls, with the credential injected and never shown', async () => {
      const before = upstream.seen('/v1/echo').length;
      const result = await peer.call('demo_echo', { text: 'hello', count: 2 });
      assert.ok(!result.isError, text(result));
      assert.deepEqual(result.structuredContent, { text: 'hello', count: 2 });
      assert.deepEqual(JSON.parse(text(result)), { text: 'hello', count: 2 });
      assert.match(result._meta['kimbap/call'], /^call_/);
      assert.equal(result._meta['kimbap/decision'], 'allow');
      assert.equal(result._meta['kimbap/rule'], 'reads');
      const request = upstream.seen('/v1/echo')[before];
      assert.deepEqual([request.authorized, request.query], [true, { text: 'hello', count: '2' }]);

      const echoed = await peer.call('demo_headers', {});
      assert.ok(!JSON.stringify(echoed).includes(kCredential));
      assert.match(echoed.structuredContent.headers.authorization, /\[redacted\]/);
    });

    it('takes the dotted name too', async () => {
      const result = await peer.call('demo.echo', { text: 'dots' });
      assert.equal(result.structuredContent.text, 'dots');
    });

    it('gets arrays, text and pictures', async () => {
      assert.deepEqual(JSON.parse(text(await peer.call('demo_list', {}))), ['one', 'two']);
      assert.equal(text(await peer.call('demo_text', {})), 'plain words');
      const [block] = (await peer.call('demo_image', {})).content;
      assert.deepEqual([block.type, block.mimeType, block.data], ['image', 'image/png', kPixel.toString('base64')]);
    });

    it('is told why a call is denied', async () => {
      const before = upstream.requests.length;
      const result = await peer.call('demo_big', { amount: 101 });
      assert.equal(result.isError, true);
      assert.match(text(result), /denied/i);
      assert.equal(result._meta['kimbap/rule'], 'no-big-ones');
      assert.equal(upstream.requests.length, before);
      assert.ok(!(await peer.call('demo_big', { amount: 100 })).isError);
    });

    it('is told which arguments are wrong', async () => {
      const result = await peer.call('demo_echo', { count: 10 });
      assert.equal(result.isError, true);
      assert.match(text(result), /text/);
      assert.match(text(result), /count/);
    });

    it('gets an error result for a downstream 404', async () => {
      const result = await peer.call('demo_missing', {});
      assert.equal(result.isError, true);
      assert.match(text(result), /404/);
    });

    it('gets a JSON-RPC error for an unknown tool', async () => {
      await assert.rejects(peer.call('demo_nothing', {}), (error) => error.code === -32602);
    });

    it('hears of progress while a stream arrives', async () => {
      let reports = 0;
      const onprogress = () => {
        reports++;
        upstream.events.emit('go');
      };
      const result = await within(peer.call('demo_paced', {}, { onprogress }), 'the stream');
      assert.ok(reports >= 3, `${reports} reports`);
      assert.match(text(result), /"line":5/);
    });

    it('stops the downstream call by cancelling', async () => {
      const id = name.replace(/\W+/g, '-');
      const path = `/v1/never/${id}`;
      const arrived = eventually(() => upstream.seen(path).length > 0, 'the call downstream');
      const abandoned = new Promise((resolve) => upstream.events.on('abandoned', (which) => which === path && resolve()));
      const controller = new AbortController();
      const calling = peer.call('demo_never', { id }, { signal: controller.signal }).then(() => 'answered', () => 'aborted');
      await arrived;
      controller.abort();
      assert.equal(await within(calling, 'the abort'), 'aborted');
      await within(abandoned, 'the end of the downstream call', 5000);
    });

    it('gets the result of a call that an operator approves while it is held', async () => {
      const order = name.replace(/\W+/g, '-');
      let reports = 0;
      const calling = peer.call('demo_refund', { order, reason: 'broken' }, { onprogress: () => reports++ });
      const id = await kimbap.pending('demo.refund');
      assert.equal(upstream.seen(`/v1/refunds/${order}`).length, 0);
      await kimbap.run(['approval', 'approve', id]);
      const result = await within(calling, 'the approved call');
      assert.ok(!result.isError, text(result));
      assert.deepEqual(result.structuredContent, { refund: order, reason: 'broken' });
      assert.equal(result._meta['kimbap/approval'], id);
      assert.equal(upstream.seen(`/v1/refunds/${order}`).length, 1);
      assert.ok(reports >= 1, 'progress while it waits');
    });

    it('is told that an operator denied', async () => {
      const order = `denied-${name.replace(/\W+/g, '-')}`;
      const calling = peer.call('demo_refund', { order, reason: 'none' });
      await kimbap.run(['approval', 'deny', await kimbap.pending('demo.refund'), '--reason', 'not today']);
      const result = await within(calling, 'the denial');
      assert.equal(result.isError, true);
      assert.match(text(result), /not today/);
      assert.equal(upstream.seen(`/v1/refunds/${order}`).length, 0);
    });
  });
}
