// Webhooks as a receiver sees them that uses the standardwebhooks package.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';

import { connectLegacy } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation, eventually } from './support/kimbap.mjs';
import { Upstream } from './support/upstream.mjs';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const got = [];
let failures = 1;  // the first attempt is answered 500
let upstream;
let kimbap;
let hook;
let peer;

before(async () => {
  hook = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    got.push({ headers: request.headers, body });
    response.writeHead(failures-- > 0 ? 500 : 204).end();
  });
  await once(hook.listen(0, '127.0.0.1'), 'listening');
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port), policy, secrets: { 'demo.token': kCredential, 'notify.webhook': `${secret}\n` },
    settings: `approvals: {hold: 200ms}
notify:
  - {name: ops-hook, type: webhook, url: "http://127.0.0.1:${hook.address().port}/hook", secret_ref: notify.webhook}`,
  });
  const server = await kimbap.serve();
  peer = await connectLegacy({ url: server.url, token: await kimbap.token() }, 'http');
});
after(async () => {
  await peer?.close();
  await kimbap?.remove();
  await upstream?.stop();
  hook?.close();
});

describe('webhooks', () => {
  it('carry signatures that standardwebhooks verifies, the same id on each attempt', async () => {
    const held = await peer.call('demo_refund', { order: 'hooked', reason: 'r' });
    const id = held._meta['kimbap/approval'];
    await eventually(() => got.length >= 2, 'the second attempt');
    const events = got.slice(0, 2).map(({ body, headers }) => new Webhook(secret).verify(body, headers));
    assert.deepEqual(events[0], events[1]);
    assert.equal(got[0].headers['webhook-id'], got[1].headers['webhook-id']);
    assert.equal(events[0].type, 'approval.requested');
    assert.equal(events[0].data.id, id);
    assert.equal(events[0].data.action, 'demo.refund');

    await kimbap.run(['approval', 'deny', id]);
    await eventually(() => got.length >= 3, 'the outcome');
    const outcome = new Webhook(secret).verify(got[2].body, got[2].headers);
    assert.equal(outcome.type, 'approval.denied');
    assert.equal(outcome.data.id, id);
  });

  it('verify under no other secret, body or id', () => {
    const { body, headers } = got[0];
    const other = new Webhook(`whsec_${randomBytes(32).toString('base64')}`);
    assert.throws(() => other.verify(body, headers));
    assert.throws(() => new Webhook(secret).verify(`${body} `, headers));
    assert.throws(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'evt_other' }));
    assert.throws(() => new Webhook(secret).verify(body, { ...headers, 'webhook-timestamp': '1600000000' }));
  });
});
