// OAuth connections against a real authorization server, with a browser that plays the operator.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { join } from 'node:path';

import { AuthorizationServer } from './support/authorization_server.mjs';
import { Browser } from './support/browser.mjs';
import { Installation, binary, eventually, within } from './support/kimbap.mjs';

const manifest = (server) => `name: tickets
version: 1.0.0
description: Behind OAuth
base_url: ${server.apiUrl}
auth: {type: oauth2, provider: acme, scopes: [tickets]}
actions:
  whoami: {description: Whose token is it, method: GET, path: /whoami, risk: {level: low, mutating: false}}
  write: {description: Change something, method: POST, path: /write, risk: {level: low, mutating: true}}
  whoami-second:
    description: Of the second account
    method: GET
    path: /whoami
    auth: {type: oauth2, provider: acme, connection: second}
    risk: {level: low, mutating: false}
  whoami-device:
    description: Of the connection made on a device
    method: GET
    path: /whoami
    auth: {type: oauth2, provider: acme, connection: device}
    risk: {level: low, mutating: false}
  whoami-client:
    description: Of kimbap itself
    method: GET
    path: /whoami
    auth: {type: oauth2, provider: acme, connection: client}
    risk: {level: low, mutating: false}
  whoami-server:
    description: Of the connection made through the server
    method: GET
    path: /whoami
    auth: {type: oauth2, provider: acme, connection: server}
    risk: {level: low, mutating: false}
`;
const policy = 'version: 1.0.0\nrules:\n  - {id: all, priority: 1, match: {actions: ["tickets.*"]}, decision: allow}\n';

let server;
let browser;
let kimbap;
let hook;
const events = [];
const output = []; // all that any command printed

before(async () => {
  server = await AuthorizationServer.start();
  browser = await Browser.open();
  hook = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    events.push(JSON.parse(body));
    response.end();
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  kimbap = await Installation.create({
    manifest: manifest(server),
    policy,
    secrets: { 'oauth/acme/client_secret': server.secret, 'notify.hook': `whsec_${Buffer.alloc(32, 7).toString('base64')}` },
    settings: `notify: [{name: hook, type: webhook, url: "http://127.0.0.1:${hook.address().port}/", secret_ref: notify.hook}]`,
  });
  await mkdir(kimbap.path('manifests/providers'), { recursive: true });
  await writeFile(kimbap.path('manifests/providers/acme.yaml'), server.declaration());
});
after(async () => {
  await kimbap?.remove();
  await browser?.close();
  await server?.stop();
  hook?.close();
});

/// A command that talks to the operator while it runs.
function start(args) {
  const child = spawn(binary, ['--config', kimbap.config, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const started = { child, stdout: '', stderr: '' };
  child.stdout.on('data', (data) => { started.stdout += data; output.push(String(data)); });
  child.stderr.on('data', (data) => { started.stderr += data; output.push(String(data)); });
  const closed = once(child, 'close');
  started.end = async () => (await within(closed, args.join(' ')))[0];
  started.said = (pattern) => eventually(() => pattern.exec(started.stderr)?.[1], `${pattern} of ${args.join(' ')}`);
  return started;
}

async function connect(account, ...more) {
  const connecting = start(['auth', 'connect', 'acme', '--no-browser', ...more]);
  const page = await browser.allow(await connecting.said(/^ {2}(http\S+)$/m), account);
  assert.equal(await connecting.end(), 0, connecting.stderr);
  return { connecting, page };
}

/// The action's answer, and the access token that the API saw.
async function call(action, { expect = 0 } = {}) {
  const ran = await kimbap.run(['call', `tickets.${action}`, '--json'], { expect });
  output.push(ran.stdout, ran.stderr);
  return { text: ran.stdout + ran.stderr, token: server.tokens.at(-1) };
}

const status = async (id) => (await kimbap.json(['auth', 'status'])).connections.find((one) => one.id === id);
const over = (id) => eventually(async () => (await status(id)).expired, `the end of ${id}'s access token`);

describe('OAuth, authorization code', () => {
  it('connects through the browser, with PKCE, and calls with the token', async () => {
    assert.match((await call('whoami', { expect: 1 })).text, /kimbap auth connect acme/);
    const { page, connecting } = await connect('olga');
    assert.match(page, /kimbap has the answer/);
    assert.match(connecting.stdout, /connected: acme\.default \(olga\)/);
    const { text, token } = await call('whoami');
    assert.match(text, /olga/);
    assert.doesNotMatch(text, new RegExp(token), 'the echoed token is cut out');
    assert.match(text, /\[redacted\]/);
    const one = await status('acme.default');
    assert.equal(one.state, 'active');
    assert.equal(one.account, 'olga');
    assert.ok(one.scopes.includes('tickets'), 'what the manifest needs was asked for');
  });

  it('keeps another account beside it under a name of its own', async () => {
    await connect('otto', '--name', 'second');
    assert.match((await call('whoami-second')).text, /otto/);
    assert.match((await call('whoami')).text, /olga/);
  });

  it('says what the person refused', async () => {
    const connecting = start(['auth', 'connect', 'acme', '--no-browser', '--name', 'refused']);
    const page = await browser.refuse(await connecting.said(/^ {2}(http\S+)$/m), 'olga');
    assert.match(page, /Not connected/);
    assert.equal(await connecting.end(), 1);
    assert.match(connecting.stderr, /access_denied/);
    assert.equal(await status('acme.refused'), undefined);
  });

  it('waits past answers that somebody else made up', async () => {
    const connecting = start(['auth', 'connect', 'acme', '--no-browser', '--name', 'third']);
    const url = await connecting.said(/^ {2}(http\S+)$/m);
    const back = new URL(url).searchParams.get('redirect_uri');
    const forged = await fetch(`${back}?code=stolen&state=made-up`);
    assert.equal(forged.status, 400);
    const elsewhere = await fetch(new URL('/favicon.ico', back));
    assert.equal(elsewhere.status, 404);
    await browser.allow(url, 'olga');
    assert.equal(await connecting.end(), 0, connecting.stderr);
  });

  it('does not take an answer of another issuer', async () => {
    const connecting = start(['auth', 'connect', 'acme', '--no-browser', '--name', 'mixed-up']);
    const asked = new URL(await connecting.said(/^ {2}(http\S+)$/m)).searchParams;
    await fetch(`${asked.get('redirect_uri')}?code=x&state=${asked.get('state')}&iss=${encodeURIComponent('https://evil.example')}`);
    assert.equal(await connecting.end(), 1);
    assert.match(connecting.stderr, /evil\.example and not from/);
    // This server names itself in every answer, and its metadata says so: one without is refused too.
    const again = start(['auth', 'connect', 'acme', '--no-browser', '--name', 'mixed-up']);
    const params = new URL(await again.said(/^ {2}(http\S+)$/m)).searchParams;
    await fetch(`${params.get('redirect_uri')}?code=x&state=${params.get('state')}`);
    assert.equal(await again.end(), 1);
    assert.equal(await status('acme.mixed-up'), undefined);
  });
});

describe('OAuth, refresh', () => {
  it('renews once for many processes, with rotation', async () => {
    server.life = 2;
    await connect('olga');
    server.life = 3600;
    await over('acme.default');
    const before = server.granted('refresh_token');
    const answers = await Promise.all(Array.from({ length: 6 }, () => call('whoami')));
    for (const answer of answers) assert.match(answer.text, /olga/);
    assert.equal(server.granted('refresh_token'), before + 1);
    assert.deepEqual(server.refused, []);
  });

  it('renews once when the service refuses the token, and repeats the request', async () => {
    const { token } = await call('whoami');
    await server.end(token);
    const before = server.granted('refresh_token');
    const answer = await call('write');
    assert.match(answer.text, /olga/);
    assert.notEqual(answer.token, token);
    assert.equal(server.granted('refresh_token'), before + 1);
    assert.deepEqual(server.refused, []);
  });

  it('tells operators once when it can\'t be renewed any more', async () => {
    const running = await kimbap.serve();
    try {
      const { token } = await call('whoami');
      await server.endGrantOf(token);
      await call('whoami', { expect: 1 });
      assert.match((await call('whoami', { expect: 1 })).text, /kimbap auth connect acme/);
      assert.equal((await status('acme.default')).state, 'reauth_needed');
      assert.deepEqual(server.refused, ['invalid_grant']);
      await eventually(() => events.length > 0, 'the notification');
      const doctor = await kimbap.run(['doctor', '--offline']);
      assert.match(doctor.stdout, /acme\.default.*invalid_grant.*kimbap auth connect acme/);
      const again = await connect('olga');
      assert.match(again.connecting.stdout, /connected/);
      assert.match((await call('whoami')).text, /olga/);
      assert.equal(events.length, 1);
      assert.equal(events[0].type, 'connection.reauth_needed');
      assert.equal(events[0].data.connection, 'acme.default');
    } finally {
      await running.stop();
    }
  });
});

describe('OAuth, the other flows', () => {
  it('connects by a code that is entered on another device', async () => {
    const connecting = start(['auth', 'connect', 'acme', '--flow', 'device', '--name', 'device']);
    const complete = await connecting.said(/or open (\S+)/);
    assert.match(connecting.stderr, /enter the code/);
    await browser.allow(complete, 'dora');
    assert.equal(await connecting.end(), 0, connecting.stderr);
    assert.match((await call('whoami-device')).text, /dora/);
  });

  it('connects as itself, and renews by the same grant', async () => {
    server.life = 1;
    await kimbap.run(['auth', 'connect', 'acme', '--flow', 'client-credentials', '--name', 'client', '--scope', 'tickets']);
    server.life = 3600;
    await over('acme.client');
    assert.match((await call('whoami-client')).text, /the client itself/);
    assert.equal(server.granted('client_credentials'), 2);
  });

  it('connects through the server', async () => {
    const running = await kimbap.serve();
    try {
      const { token } = await kimbap.json(['token', 'create', '--operator', 'olga']);
      const ask = (method, path, body) => fetch(`${running.url}${path}`, {
        method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
      });
      const started = await ask('POST', '/v1/connections', { provider: 'acme', name: 'server' });
      assert.equal(started.status, 201);
      const { authorization_url: url, redirect_uri: back } = await started.json();
      assert.equal(back, `${running.url}/v1/connections/callback`);
      assert.equal((await fetch(`${back}?code=x&state=made-up`)).status, 400);
      assert.match(await browser.allow(url, 'sven'), /acme\.server \(sven\) can be used/);
      assert.match((await call('whoami-server')).text, /sven/);
      const { connections } = await (await ask('GET', '/v1/connections')).json();
      assert.ok(connections.some((one) => one.id === 'acme.server' && one.account === 'sven'));
      const state = new URL(url).searchParams.get('state');
      assert.equal((await fetch(`${back}?code=x&state=${state}`)).status, 400, 'a state serves once');
      assert.equal((await fetch(`${running.url}/v1/connections`)).status, 401);
      const revoked = await ask('POST', '/v1/connections/acme.server:revoke');
      assert.deepEqual(await revoked.json(), { id: 'acme.server', revoked_at_provider: true });
      assert.equal((await ask('DELETE', '/v1/connections/acme.server')).status, 404);
    } finally {
      output.push(running.log);
      await running.stop();
    }
  });
});

describe('OAuth, the end of a connection', () => {
  it('revokes at the provider', async () => {
    const { token } = await call('whoami');
    await kimbap.run(['auth', 'revoke', 'acme']);
    assert.equal(await server.provider.AccessToken.find(token), undefined);
    assert.equal(await status('acme.default'), undefined);
    assert.match((await call('whoami', { expect: 1 })).text, /kimbap auth connect acme/);
  });

  it('left no token and no secret in any file, log or output', async () => {
    const secrets = [...server.tokens.filter(Boolean), server.secret];
    assert.ok(secrets.length > 5);
    const texts = [...output];
    for (const name of await readdir(kimbap.path('data'), { recursive: true, withFileTypes: true })) {
      if (name.isFile()) texts.push(await readFile(join(name.parentPath ?? name.path, name.name), 'latin1'));
    }
    for (const secret of secrets) assert.ok(!texts.some((text) => text.includes(secret)), 'a secret is in the clear');
  });

  it('keeps the log whole', async () => {
    await kimbap.run(['audit', 'verify']);
  });
});
