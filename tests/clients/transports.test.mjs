// Every refusal that the specification's transport pages name, against the whole gateway: the exact
// HTTP status and JSON-RPC code of each. Rows quote the page that they come from.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';

import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation } from './support/kimbap.mjs';
import { ask, kBothTypes, kLegacy, kModern, note, Raw, rpc } from './support/raw.mjs';
import { Upstream } from './support/upstream.mjs';

const kMirrored = `  routed:
    description: Takes a region, a number and a flag, which clients mirror into headers
    method: GET
    path: /echo
    risk: {level: low, mutating: false}
    args:
      - {name: text, schema: {type: string, x-mcp-header: Region}}
      - {name: count, schema: {type: integer, x-mcp-header: Count}}
      - {name: flag, schema: {type: boolean, x-mcp-header: Flag}}
    request: {query: {text: "{text}", count: "{count}"}}
`;

let upstream;
let kimbap;
let raw;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port, { actions: kMirrored }), policy, secrets: { 'demo.token': kCredential },
  });
  const { url } = await kimbap.serve();
  raw = new Raw(url, await kimbap.token());
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

/// The status, the error's code where there is one, and the request's id with it.
function check(answer, status, code, id) {
  assert.equal(answer.status, status, answer.text);
  if (code === undefined) return;
  const [message] = answer.messages;
  assert.equal(message?.error?.code, code, answer.text);
  if (id !== undefined) assert.equal(message.id, id, answer.text);
}

const kMeta = 'io.modelcontextprotocol/';
const kEcho = { name: 'demo_echo', arguments: { text: 'x' } };
const kRouted = (args) => ({ name: 'demo_routed', arguments: args });

// what, method, params, how the right request is changed, status, code
const kModernRefusals = [
  // Streamable HTTP, Protocol Version Header
  ['a header of another revision than the body', 'tools/list', {}, (sent) => { sent.headers['MCP-Protocol-Version'] = '2027-01-01'; }, 400, -32020],
  ['a body of another revision than the header', 'tools/list', {}, (sent) => { sent.message.params._meta[`${kMeta}protocolVersion`] = '2027-01-01'; }, 400, -32020],
  ['an unknown revision', 'tools/list', {}, (sent) => { sent.headers['MCP-Protocol-Version'] = sent.message.params._meta[`${kMeta}protocolVersion`] = '1900-01-01'; }, 400, -32022],
  ['a legacy revision said as modern ones are', 'tools/list', {}, (sent) => { sent.headers['MCP-Protocol-Version'] = sent.message.params._meta[`${kMeta}protocolVersion`] = '2025-11-25'; }, 400, -32022],
  ['no MCP-Protocol-Version', 'tools/list', {}, (sent) => { delete sent.headers['MCP-Protocol-Version']; }, 400, -32020],
  ['a method that does not exist', 'no/such', {}, undefined, 404, -32601],
  ...['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe', 'tasks/list', 'tasks/result'].map(
    (method) => [`${method}, which this revision has not`, method, {}, undefined, 404, -32601]),
  // Streamable HTTP, Standard Request Headers and Server Validation
  ['no Mcp-Method', 'tools/list', {}, (sent) => { delete sent.headers['Mcp-Method']; }, 400, -32020],
  ['another Mcp-Method', 'tools/list', {}, (sent) => { sent.headers['Mcp-Method'] = 'prompts/list'; }, 400, -32020],
  ['Mcp-Method in other letters', 'tools/list', {}, (sent) => { sent.headers['Mcp-Method'] = 'Tools/List'; }, 400, -32020],
  ['no Mcp-Name of a tool', 'tools/call', kEcho, (sent) => { delete sent.headers['Mcp-Name']; }, 400, -32020],
  ['another Mcp-Name of a tool', 'tools/call', kEcho, (sent) => { sent.headers['Mcp-Name'] = 'demo_text'; }, 400, -32020],
  ['Mcp-Name in other letters', 'tools/call', kEcho, (sent) => { sent.headers['Mcp-Name'] = 'Demo_Echo'; }, 400, -32020],
  ['Mcp-Name that is malformed base64', 'tools/call', kEcho, (sent) => { sent.headers['Mcp-Name'] = '=?base64?%%%?='; }, 400, -32020],
  ['Mcp-Name with bytes that no header may hold', 'tools/call', kEcho, (sent) => { sent.headers['Mcp-Name'] = 'demo_ech\u00f6'; }, 400, -32020],
  ['no Mcp-Name of a prompt', 'prompts/get', { name: 'x' }, (sent) => { delete sent.headers['Mcp-Name']; }, 400, -32020],
  ['another Mcp-Name of a prompt', 'prompts/get', { name: 'x' }, (sent) => { sent.headers['Mcp-Name'] = 'y'; }, 400, -32020],
  ['no Mcp-Name of a resource', 'resources/read', { uri: 'kimbap://services/demo' }, (sent) => { delete sent.headers['Mcp-Name']; }, 400, -32020],
  ['another Mcp-Name of a resource', 'resources/read', { uri: 'kimbap://services/demo' }, (sent) => { sent.headers['Mcp-Name'] = 'kimbap://services/other'; }, 400, -32020],
  // Streamable HTTP, Custom Headers
  ['no Mcp-Param of an argument', 'tools/call', kRouted({ text: 'eu' }), undefined, 400, -32020],
  ['another Mcp-Param than the argument', 'tools/call', kRouted({ text: 'eu' }), (sent) => { sent.headers['Mcp-Param-Region'] = 'us'; }, 400, -32020],
  ['an Mcp-Param without its argument', 'tools/call', kRouted({}), (sent) => { sent.headers['Mcp-Param-Region'] = 'eu'; }, 400, -32020],
  ['an Mcp-Param of an argument that is null', 'tools/call', kRouted({ text: null }), (sent) => { sent.headers['Mcp-Param-Region'] = 'eu'; }, 400, -32020],
  ['an Mcp-Param that is malformed base64', 'tools/call', kRouted({ text: 'eu' }), (sent) => { sent.headers['Mcp-Param-Region'] = '=?base64?ZXU?='; }, 400, -32020],
  ['an Mcp-Param whose marks are in capitals', 'tools/call', kRouted({ text: 'eu' }), (sent) => { sent.headers['Mcp-Param-Region'] = '=?BASE64?ZXU=?='; }, 400, -32020],
  ['an Mcp-Param with bytes that no header may hold', 'tools/call', kRouted({ text: 'e\u00fc' }), (sent) => { sent.headers['Mcp-Param-Region'] = 'e\u00fc'; }, 400, -32020],
  ['another number in an Mcp-Param', 'tools/call', kRouted({ count: 42 }), (sent) => { sent.headers['Mcp-Param-Count'] = '43'; }, 400, -32020],
  ['a boolean in capitals in an Mcp-Param', 'tools/call', kRouted({ flag: true }), (sent) => { sent.headers['Mcp-Param-Flag'] = 'TRUE'; }, 400, -32020],
  // Basic, General fields
  ['no _meta', 'tools/list', {}, (sent) => { delete sent.message.params._meta; }, 400, -32602],
  ['_meta that is no object', 'tools/list', {}, (sent) => { sent.message.params._meta = 'x'; }, 400, -32602],
  ['no revision in _meta', 'tools/list', {}, (sent) => { delete sent.message.params._meta[`${kMeta}protocolVersion`]; }, 400, -32602],
  ['a revision that is no string', 'tools/list', {}, (sent) => { sent.message.params._meta[`${kMeta}protocolVersion`] = 7; }, 400, -32602],
  ['no clientCapabilities', 'tools/list', {}, (sent) => { delete sent.message.params._meta[`${kMeta}clientCapabilities`]; }, 400, -32602],
  ['clientCapabilities that are no object', 'tools/list', {}, (sent) => { sent.message.params._meta[`${kMeta}clientCapabilities`] = []; }, 400, -32602],
  ['a log level that does not exist', 'tools/list', {}, (sent) => { sent.message.params._meta[`${kMeta}logLevel`] = 'loud'; }, 400, -32602],
  // Streamable HTTP, Sending Messages: requests and notifications only, one a body
  ['a response', 'x', {}, (sent) => { sent.message = { jsonrpc: '2.0', id: 1, result: {} }; }, 400, -32600],
  ['a batch', 'tools/list', {}, (sent) => { sent.message = [sent.message]; }, 400, -32600],
  ['params that are no object', 'tools/list', {}, (sent) => { sent.message.params = [1]; }, 400, -32602],
  ['an id that is null', 'tools/list', {}, (sent) => { sent.message.id = null; }, 400, -32600],
  ['an id that is fractional', 'tools/list', {}, (sent) => { sent.message.id = 1.5; }, 400, -32600],
  ['no jsonrpc', 'tools/list', {}, (sent) => { delete sent.message.jsonrpc; }, 400, -32600],
];

describe('modern requests that are refused', () => {
  for (const [what, method, params, change, status, code] of kModernRefusals) {
    it(what, async () => {
      let id;
      const answer = await raw.modern(method, params, (sent) => {
        change?.(sent);
        id = typeof sent.message.id === 'number' && Number.isInteger(sent.message.id) && sent.message.method ? sent.message.id : undefined;
      });
      check(answer, status, code, id);
    });
  }
  it('an unknown revision is told which are known', async () => {
    const { messages } = await raw.modern('tools/list', {}, (sent) => {
      sent.headers['MCP-Protocol-Version'] = sent.message.params._meta[`${kMeta}protocolVersion`] = '1900-01-01';
    });
    assert.deepEqual(messages[0].error.data, { supported: [kModern], requested: '1900-01-01' });
  });
  it('text that is no JSON', async () => check(await raw.post('{"jsonrpc":', { 'MCP-Protocol-Version': kModern }), 400, -32700));
});

describe('modern requests that are served', () => {
  const kServed = [
    ['header names in any letters', 'tools/call', kEcho, (sent) => { sent.headers = { 'mcp-protocol-version': kModern, 'MCP-METHOD': 'tools/call', 'mCp-NaMe': 'demo_echo' }; }],
    ['Mcp-Name in base64', 'tools/call', kEcho, (sent) => { sent.headers['Mcp-Name'] = `=?base64?${Buffer.from('demo_echo').toString('base64')}?=`; }],
    ['header values with spaces around', 'tools/call', kEcho, (sent) => { sent.headers['Mcp-Name'] = '  demo_echo '; }],
    ['no clientInfo', 'tools/list', {}, (sent) => { delete sent.message.params._meta[`${kMeta}clientInfo`]; }],
    ['an Mcp-Param in base64', 'tools/call', kRouted({ text: 'Hello, 世界' }), (sent) => { sent.headers['Mcp-Param-Region'] = '=?base64?SGVsbG8sIOS4lueVjA==?='; }],
    ['an Mcp-Param that looks encoded', 'tools/call', kRouted({ text: '=?base64?literal?=' }), (sent) => { sent.headers['Mcp-Param-Region'] = '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='; }],
    ['half of the marks of base64, which are text', 'tools/call', kRouted({ text: '=?base64?ZXU=' }), (sent) => { sent.headers['Mcp-Param-Region'] = '=?base64?ZXU='; }],
    ['a number compared as a number', 'tools/call', kRouted({ count: 7 }), (sent) => { sent.headers['Mcp-Param-Count'] = '7.0'; }],
    ['a boolean', 'tools/call', kRouted({ flag: false }), (sent) => { sent.headers['Mcp-Param-Flag'] = 'false'; }],
    ['an Mcp-Param that no schema names', 'tools/call', kEcho, (sent) => { sent.headers['Mcp-Param-Other'] = 'x'; }],
    ['Last-Event-ID, which means nothing', 'tools/list', {}, (sent) => { sent.headers['Last-Event-ID'] = '1-1'; }],
  ];
  for (const [what, method, params, change] of kServed) {
    it(what, async () => {
      const answer = await raw.modern(method, params, change);
      assert.equal(answer.status, 200, answer.text);
      assert.ok(answer.messages.at(-1).result, answer.text);
      assert.equal(answer.headers['mcp-session-id'], undefined);
    });
  }
  it('a notification: 202 without a body', async () => {
    const answer = await raw.modern('x', {}, (sent) => { sent.message = note('notifications/whatever', sent.message.params); });
    assert.deepEqual([answer.status, answer.text], [202, '']);
  });
});

describe('legacy requests that are refused', () => {
  const initialize = (version) => rpc('initialize', { protocolVersion: version, capabilities: {}, clientInfo: { name: 'raw', version: '1' } });
  // what, session's revision (undefined: none), body, headers, status, code
  const kRefused = [
    // 2025-11-25, Session Management
    ['no session', undefined, () => rpc('tools/list'), {}, 400, -32600],
    ['a session that never was', undefined, () => rpc('tools/list'), { 'Mcp-Session-Id': 'x' }, 404, -32600],
    ['initialize in a session that never was', undefined, () => initialize('2025-11-25'), { 'Mcp-Session-Id': 'x' }, 404, -32600],
    ['a notification without a session', undefined, () => note('notifications/initialized'), {}, 400, -32600],
    // Protocol Version Header
    ['an invalid revision in the header', '2025-11-25', () => rpc('tools/list'), { 'MCP-Protocol-Version': 'x' }, 400, -32600],
    ['an unsupported revision in the header', '2025-06-18', () => rpc('tools/list'), { 'MCP-Protocol-Version': '1999-01-01' }, 400, -32600],
    // Sending Messages to the Server
    ...kLegacy.filter((one) => one !== '2025-03-26').map((one) => [`a batch in ${one}`, one, () => [rpc('ping')], {}, 400, -32600]),
    ['an empty batch', '2025-03-26', () => [], {}, 400, -32600],
    ['a batch of too many', '2025-03-26', () => Array.from({ length: 65 }, () => rpc('ping')), {}, 400, -32600],
    ['a batch with what is no message', '2025-03-26', () => [rpc('ping'), 7], {}, 200, -32600],
    ['text that is no JSON', '2025-11-25', () => '{', {}, 400, -32700],
    ['what is no message', '2025-11-25', () => ({ jsonrpc: '2.0' }), {}, 400, -32600],
    ['params that are no object', '2025-11-25', () => ({ ...rpc('ping'), params: 'x' }), {}, 400, -32602],
    ['an id that is null', '2025-11-25', () => ({ ...rpc('ping'), id: null }), {}, 400, -32600],
    ['a response with a result and an error', '2025-11-25', () => ({ jsonrpc: '2.0', id: 1, result: {}, error: { code: 1, message: 'x' } }), {}, 400, -32600],
    ['initialize without a revision', undefined, () => rpc('initialize', {}), {}, 400, -32602],
    // Base protocol: errors of methods come with 200
    ['a method that does not exist', '2025-11-25', () => rpc('no/such'), {}, 200, -32601],
    ['modern methods', '2025-11-25', () => rpc('server/discover'), {}, 200, -32601],
    ['initialize again', '2025-11-25', () => initialize('2025-11-25'), {}, 200, -32600],
    ['an unknown tool', '2025-11-25', () => rpc('tools/call', { name: 'nope' }), {}, 200, -32602],
    ['an unknown resource', '2025-11-25', () => rpc('resources/read', { uri: 'kimbap://services/nope' }), {}, 200, -32002],
    ['a cursor that nobody gave', '2025-11-25', () => rpc('tools/list', { cursor: 'x' }), {}, 200, -32602],
    ['a log level that does not exist', '2025-11-25', () => rpc('logging/setLevel', { level: 'loud' }), {}, 200, -32602],
  ];
  for (const [what, revision, body, headers, status, code] of kRefused) {
    it(what, async () => {
      const session = revision ? await raw.session(revision) : {};
      check(await raw.post(body(), { ...session, ...headers }), status, code);
    });
  }

  it('a revision that is not served gets the newest legacy one', async () => {
    const { status, messages } = await raw.post(initialize('2031-01-01'));
    assert.deepEqual([status, messages[0].result.protocolVersion], [200, '2025-11-25']);
  });
  it('an ended session', async () => {
    const session = await raw.session();
    const ended = await ask(`${raw.url}/mcp`, { method: 'DELETE', headers: { ...raw.bearer, ...session } });
    assert.equal(ended.status, 204);
    check(await raw.post(rpc('ping'), session), 404, -32600);
    check(await raw.post(note('notifications/initialized'), session), 404, -32600);
    check(await raw.get(session, ask), 404, -32600);
    check(await ask(`${raw.url}/mcp`, { method: 'DELETE', headers: { ...raw.bearer, ...session } }), 404, -32600);
  });
  it('somebody else\'s session', async () => {
    const session = await raw.session();
    const other = new Raw(raw.url, await kimbap.token('other'));
    check(await other.post(rpc('ping'), session), 404, -32600);
    check(await other.get(session, ask), 404, -32600);
  });
  it('GET without a session, or for a type that is none of its', async () => {
    check(await raw.get({}, ask), 400, -32600);
    check(await raw.get({ ...await raw.session(), Accept: 'application/json' }, ask), 406, -32600);
    check(await raw.get({ ...await raw.session(), 'Last-Event-ID': 'made up' }, ask), 400, -32600);
  });
  it('serves notifications and answers with 202 and no body', async () => {
    const session = await raw.session();
    for (const body of [note('notifications/cancelled', { requestId: 99 }), { jsonrpc: '2.0', id: 's-1', result: {} }]) {
      const answer = await raw.post(body, session);
      assert.deepEqual([answer.status, answer.text], [202, '']);
    }
  });
});

describe('batches, 2025-03-26', () => {
  it('are answered as one, in whatever order, notifications left out', async () => {
    const session = await raw.session('2025-03-26');
    const batch = [rpc('ping', undefined, 'a'), note('notifications/cancelled', { requestId: 9 }), rpc('tools/call', kEcho, 'b'), rpc('no/such', undefined, 'c')];
    const { status, messages } = await raw.post(batch, session);
    assert.equal(status, 200);
    assert.deepEqual(messages.map((one) => one.id).sort(), ['a', 'b', 'c']);
    assert.equal(messages.find((one) => one.id === 'c').error.code, -32601);
  });
  it('of notifications alone get 202', async () => {
    const answer = await raw.post([note('notifications/cancelled', { requestId: 9 })], await raw.session('2025-03-26'));
    assert.deepEqual([answer.status, answer.text], [202, '']);
  });
});

describe('requests of either era that are refused', () => {
  const kBody = JSON.stringify(rpc('ping'));
  const post = (headers, path = '/mcp', method = 'POST') => ask(`${raw.url}${path}`, {
    method, body: method === 'GET' ? '' : kBody, headers: { 'Content-Type': 'application/json', Accept: kBothTypes, ...raw.bearer, ...headers },
  });
  // Security Warning: a foreign Origin, or a foreign Host, which is what a rebound name brings.
  for (const origin of ['http://evil.example.com', 'null', 'https://localhost.evil.example.com', 'http://127.0.0.1.nip.io', 'x']) {
    it(`Origin: ${origin}`, async () => {
      for (const path of ['/mcp', '/messages?session_id=x']) check(await post({ Origin: origin }, path), 403);
      check(await post({ Origin: origin }, '/sse', 'GET'), 403);
    });
  }
  for (const host of ['evil.example.com', 'localhost.evil.example.com', '127.0.0.1.nip.io:80', '169.254.1.1']) {
    it(`Host: ${host}`, async () => {
      check(await post({ Host: host, Origin: `http://${host}` }), 403);
      check(await post({ Host: host }, '/sse', 'GET'), 403);
    });
  }
  it('no token: 401 and a challenge', async () => {
    const answer = await post({ Authorization: 'Bearer nope' });
    check(answer, 401);
    assert.match(answer.headers['www-authenticate'], /^Bearer /);
  });
  it('another content type', async () => check(await post({ 'Content-Type': 'text/plain' }), 415, -32600));
  for (const method of ['PUT', 'PATCH', 'OPTIONS']) {
    it(`${method}: 405 and what is allowed`, async () => {
      const answer = await post({}, '/mcp', method);
      check(answer, 405);
      assert.equal(answer.headers.allow, 'POST, GET, DELETE');
    });
  }
});

describe('HTTP+SSE requests that are refused', () => {
  it('messages for no stream, no JSON, no message', async () => {
    const headers = { 'Content-Type': 'application/json', ...raw.bearer };
    check(await ask(`${raw.url}/messages`, { headers, body: '{}' }), 404, -32600);
    check(await ask(`${raw.url}/messages?session_id=x`, { headers, body: '{}' }), 404, -32600);
    check(await ask(`${raw.url}/sse`, { headers, body: '{}' }), 405);
    const { 'Mcp-Session-Id': id } = await raw.session('2024-11-05');
    check(await ask(`${raw.url}/messages?session_id=${id}`, { headers, body: '{' }), 400, -32700);
    check(await ask(`${raw.url}/messages?session_id=${id}`, { headers, body: '{}' }), 400, -32600);
  });
});

describe('a manifest', () => {
  it('whose x-mcp-header clients would refuse is a fault', async () => {
    const bad = manifest(upstream.port, { actions: kMirrored.replace('x-mcp-header: Count', 'x-mcp-header: region') });
    await writeFile(kimbap.path('bad.yaml'), bad);
    const config = await kimbap.configure('bad-config.yaml', '');
    await writeFile(config, `data_dir: ./data\nmanifests: [bad.yaml]\npolicies: [internal/policy]\nvault: {secret_file: vault.secret}\n`);
    const { stderr, stdout } = await kimbap.run(['call', 'demo.text'], { config, expect: 5 });
    assert.match(stderr + stdout, /demo\.routed: .*used twice/);
  });
});
