// Who gets in over HTTP, and what a token allows: bearer tokens, revocation, origins, both doors.
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, describe, it } from 'node:test';

import { connectLegacy, connectModern } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation, within } from './support/kimbap.mjs';
import { Upstream } from './support/upstream.mjs';

let upstream;
let kimbap;
let server;
let place;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({ manifest: manifest(upstream.port), policy, secrets: { 'demo.token': kCredential } });
  server = await kimbap.serve();
  place = { url: server.url, config: kimbap.config, folder: kimbap.folder };
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

/// A plain request, with whatever headers (fetch would not send a Host).
function ask(path, { method = 'POST', headers = {}, body = '' } = {}) {
  return within(new Promise((resolve, reject) => {
    const asking = httpRequest(`${server.url}${path}`, { method, headers: { 'Content-Type': 'application/json', ...headers } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer));
    });
    asking.on('error', reject);
    asking.end(body);
  }), path);
}

const kPing = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });

const kPeers = [
  ['legacy over HTTP', (where) => connectLegacy(where, 'http')],
  ['legacy over HTTP+SSE', (where) => connectLegacy(where, 'sse')],
  ['modern over HTTP', (where) => connectModern(where, 'http', { pin: '2026-07-28' })],
  ['auto over HTTP', (where) => connectModern(where, 'http', 'auto')],
];

for (const [name, connect] of kPeers) {
  describe(`access, ${name}`, () => {
    it('is refused without a token', () => assert.rejects(connect(place), /401|bearer token is missing|unauthorized/i));
    it('is refused with a made-up token', () => assert.rejects(connect({ ...place, token: `kbp_${'a'.repeat(43)}` }), /401|bearer token is missing|unauthorized/i));
    it('is refused with an operator\'s token', async () => {
      const { token } = await kimbap.json(['token', 'create', '--operator', 'olga']);
      await assert.rejects(connect({ ...place, token }), /403|operator/i);
    });

    it('sees and calls only what its token permits', async () => {
      const peer = await connect({ ...place, token: await kimbap.token('narrow', '--action', 'demo.echo') });
      try {
        assert.deepEqual((await peer.tools()).tools.map((tool) => tool.name), ['demo_echo']);
        const refused = await peer.call('demo_text', {});
        assert.equal(refused.isError, true);
        assert.match(refused.content[0].text, /token/i);
        assert.equal((await peer.call('demo_echo', { text: 'ok' })).structuredContent.text, 'ok');
      } finally {
        await peer.close();
      }
    });

    it('is shut out as soon as its token is revoked', async () => {
      const { id, token } = await kimbap.json(['token', 'create', '--agent', 'fired']);
      const peer = await connect({ ...place, token });
      await peer.call('demo_text', {});
      await kimbap.run(['token', 'revoke', id]);
      await assert.rejects(within(peer.call('demo_text', {}), 'the refusal'));
      await peer.close().catch(() => {});
    });
  });
}

describe('access, plain HTTP', () => {
  let token;
  before(async () => { token = await kimbap.token(); });
  const bearer = () => ({ Authorization: `Bearer ${token}` });

  it('challenges', async () => {
    for (const [path, asked] of [['/mcp', { body: kPing }], ['/messages', { body: kPing }], ['/sse', { method: 'GET' }],
      ['/v1/approvals', { method: 'GET' }], ['/metrics', { method: 'GET' }]]) {
      const answer = await ask(path, asked);
      assert.equal(answer.statusCode, 401, path);
      assert.match(answer.headers['www-authenticate'], /^Bearer/, path);
    }
  });
  it('keeps agents out of the operators\' door', async () => {
    for (const path of ['/v1/approvals', '/metrics']) {
      assert.equal((await ask(path, { method: 'GET', headers: bearer() })).statusCode, 403, path);
    }
  });
  it('refuses foreign hosts and origins', async () => {
    for (const headers of [{ Host: 'evil.example' }, { Origin: 'http://evil.example' }, { Origin: 'null' }]) {
      assert.equal((await ask('/mcp', { body: kPing, headers: { ...bearer(), ...headers } })).statusCode, 403, JSON.stringify(headers));
    }
  });
  it('is healthy and ready without a token', async () => {
    assert.equal((await ask('/healthz', { method: 'GET' })).statusCode, 200);
    assert.equal((await ask('/readyz', { method: 'GET' })).statusCode, 200);
  });
});

describe('access, stdio', () => {
  it('calls as the token\'s agent where KIMBAP_TOKEN is set', async () => {
    const peer = await connectModern({ ...place, token: await kimbap.token('narrow', '--action', 'demo.text') }, 'stdio', 'auto');
    try {
      assert.deepEqual((await peer.tools()).tools.map((tool) => tool.name), ['demo_text']);
    } finally {
      await peer.close();
    }
  });
  it('does not start with a token that is not valid', async () => {
    await assert.rejects(connectLegacy({ ...place, token: 'kbp_nonsense' }, 'stdio'));
  });
});

describe('the end of a server', () => {
  it('lets a running call finish, and exits 0', async () => {
    const own = await kimbap.serve();
    const peer = await connectLegacy({ ...place, url: own.url, token: await kimbap.token() }, 'http');
    const arrived = new Promise((resolve) => upstream.events.once('request', resolve));
    const calling = peer.call('demo_stream', {});
    await arrived;
    const stopping = own.stop();
    const result = await within(calling, 'the last call');
    assert.match(result.content[0].text, /5/);
    await peer.client.close();
    assert.equal(await stopping, 0);
  });
});
