// Every message that kimbap sends, held to the JSON schema of the revision that it is sent in: all
// five revisions, over every transport that each has.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';

import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { kCredential, manifest, policy } from './support/demo.mjs';
import { binary, Installation, within } from './support/kimbap.mjs';
import { events, kLegacy, kModern, note, open, Raw, rpc } from './support/raw.mjs';
import { Upstream } from './support/upstream.mjs';

const kSchemas = process.env.KIMBAP_SCHEMAS;
if (!kSchemas) throw new Error('KIMBAP_SCHEMAS must name tests/data/mcp-schema');

/// Checks messages of one revision.
class Schema {
  static async load(revision) {
    const self = new Schema();
    const document = JSON.parse(await readFile(`${kSchemas}/${revision}.json`, 'utf8'));
    const Kind = document.$schema.includes('2020-12') ? Ajv2020 : Ajv;
    self.ajv = addFormats(new Kind({ strict: false, allErrors: true }));
    self.ajv.addSchema(document, 'mcp');
    self.at = document.$defs ? '$defs' : 'definitions';
    self.names = new Set(Object.keys(document[self.at]));
    self.checked = 0;
    return self;
  }

  fits(type, value) {
    const validate = this.ajv.getSchema(`mcp#/${this.at}/${type}`);
    assert.ok(validate, `the schema has no ${type}`);
    if (validate(value)) return '';
    return this.ajv.errorsText(validate.errors).slice(0, 600);
  }

  check(type, value) {
    const fault = this.fits(type, value);
    assert.equal(fault, '', `no ${type}: ${JSON.stringify(value).slice(0, 600)}`);
    ++this.checked;
  }

  /// A message from the server; `asked` tells by id which method it answers.
  message(message, asked) {
    this.check('JSONRPCMessage', message);
    if (message.method !== undefined) {
      return this.check(message.id === undefined ? 'ServerNotification' : 'ServerRequest', message);
    }
    if (message.error) return this.check(this.names.has('JSONRPCErrorResponse') ? 'JSONRPCErrorResponse' : 'JSONRPCError', message);
    const method = asked.get(message.id);
    assert.ok(method, `an answer to nothing that was asked: ${JSON.stringify(message)}`);
    this.check(kResults[method], message.result);
  }
}

const kResults = {
  initialize: 'InitializeResult', ping: 'EmptyResult', 'logging/setLevel': 'EmptyResult',
  'server/discover': 'DiscoverResult', 'subscriptions/listen': 'SubscriptionsListenResult',
  'tools/list': 'ListToolsResult', 'tools/call': 'CallToolResult',
  'prompts/list': 'ListPromptsResult', 'prompts/get': 'GetPromptResult',
  'resources/list': 'ListResourcesResult', 'resources/templates/list': 'ListResourceTemplatesResult',
  'resources/read': 'ReadResourceResult', 'completion/complete': 'CompleteResult',
};

const call = (name, args = {}, meta = { progressToken: name }) => ['tools/call', { name, arguments: args, _meta: meta }];

const complete = (prompt, name) => ['completion/complete', { ref: { type: 'ref/prompt', name: prompt }, argument: { name, value: '' } }];

/// What is asked in every revision: results of each kind, refusals of each kind, lists, documents.
const kQuestions = [
  ['tools/list'], ['prompts/list'], ['resources/list'], ['resources/templates/list'],
  ['prompts/get', { name: 'demo_say-something-twice' }], ['resources/read', { uri: 'kimbap://services/demo' }],
  ['resources/read', { uri: 'demo://notes/short' }], ['resources/read', { uri: 'demo://notes/none' }],
  ['prompts/get', { name: 'demo_say_it_to', arguments: { whom: 'Ada' } }], complete('demo_say_a_number', 'number'),
  call('demo_echo', { text: 'hello' }), call('demo_list'), call('demo_text'), call('demo_image'), call('demo_stream'),
  call('demo_missing'), call('demo_wipe'), call('demo_big', { amount: 1000 }), call('demo_echo', {}), call('demo_refund', { order: '1', reason: 'x' }),
  // Refused as JSON-RPC errors.
  call('demo_nope'), ['prompts/get', { name: 'nope' }], ['prompts/get', { name: 'demo_say_it_to' }], complete('nope', 'x'), ['resources/read', { uri: 'kimbap://services/nope' }],
  ['tools/list', { cursor: 'nope' }], ['no/such'],
];
const kLegacyQuestions = [['ping'], ['logging/setLevel', { level: 'debug' }], ...kQuestions, ['logging/setLevel', { level: 'loud' }]];

let upstream;
let kimbap;
let raw;
let token;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port), policy, secrets: { 'demo.token': kCredential }, settings: 'approvals: {hold: 1s}',
  });
  const { url } = await kimbap.serve();
  token = await kimbap.token();
  raw = new Raw(url, token);
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const initialize = (revision) => rpc('initialize', { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'wire', version: '1' } });

/// A client on the program's standard streams: lines in, checked lines out.
class Stdio {
  constructor(schema) {
    this.schema = schema;
    this.asked = new Map();
    this.waiting = new Map();
    this.child = spawn(binary, ['--config', kimbap.config, 'mcp'], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.faults = [];
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#line(line));
  }

  #line(line) {
    try {
      const message = JSON.parse(line);
      this.schema.message(message, this.asked);
      this.waiting.get(message.id)?.(message);
    } catch (error) {
      this.faults.push(error);
    }
  }

  send(message) {
    this.child.stdin.write(typeof message === 'string' ? `${message}\n` : `${JSON.stringify(message)}\n`);
  }

  ask(message) {
    this.asked.set(message.id, message.method);
    const answer = new Promise((resolve) => this.waiting.set(message.id, resolve));
    this.send(message);
    return within(answer, `an answer to ${message.method}`);
  }

  /// An answer without an identifier.
  nameless() {
    return within(new Promise((resolve) => {
      this.waiting.set(undefined, resolve);
      this.waiting.set(null, resolve);
    }), 'an answer without an id');
  }

  async end() {
    this.child.stdin.end();
    await within(once(this.child, 'close'), 'the end of kimbap mcp');
    if (this.faults.length) throw this.faults[0];
  }
}

for (const revision of kLegacy) {
  describe(`wire messages of ${revision}`, () => {
    let schema;
    before(async () => (schema = await Schema.load(revision)));

    it('fit the schema over HTTP', async () => {
      const asked = new Map();
      const ask = async (message, session) => {
        asked.set(message.id, message.method);
        const answer = await raw.post(message, session);
        for (const one of answer.messages) schema.message(one, asked);
        assert.equal(answer.messages.at(-1).id, message.id);
        return answer;
      };
      const opened = await ask(initialize(revision), {});
      assert.equal(opened.messages[0].result.protocolVersion, revision);
      const session = await raw.session(revision);
      for (const [method, params] of kLegacyQuestions) await ask(rpc(method, params), session);
      // What has no id that could be echoed.
      for (const body of ['{"jsonrpc":', '{"jsonrpc":"2.0","id":null,"method":"ping"}', '[]']) {
        const { messages } = await raw.post(body, session);
        if (revision >= '2025-11-25') messages.forEach((one) => schema.message(one, asked));
        else assert.equal(messages[0].id, null, 'JSON-RPC asks for null where there is no id');
      }
      assert.ok(schema.checked > 50, 'too little was checked');
    });

    it('fit the schema on the GET stream', async () => {
      const session = await raw.session(revision);
      const stream = raw.get(session);
      await stream.answered;
      await kimbap.edit(manifest(upstream.port, { description: `Changed in ${revision}` }));
      await stream.heard((text) => text.includes('list_changed'));
      stream.cut();
      const seen = events(stream.text).filter((one) => one.data);
      seen.forEach((one) => schema.message(JSON.parse(one.data), new Map()));
      assert.ok(seen.length > 0);
    });

    it('fit the schema over HTTP+SSE', async () => {
      const headers = { 'Content-Type': 'application/json', ...raw.bearer };
      const stream = open(`${raw.url}/sse`, { method: 'GET', headers: { Accept: 'text/event-stream', ...raw.bearer } });
      await stream.heard((text) => text.includes('endpoint'));
      const [, endpoint] = /data: (\S+)/.exec(stream.text);
      const asked = new Map();
      for (const [method, params] of [['initialize', initialize(revision).params], ...kLegacyQuestions]) {
        const message = rpc(method, params);
        asked.set(message.id, method);
        const taken = await raw.post(message, {}, (_, options) => open(`${raw.url}${endpoint}`, { ...options, headers }).answered);
        assert.equal(taken.status, 202);
        await stream.heard((text) => text.includes(`"id":${message.id},`), `an answer to ${method}`);
      }
      stream.cut();
      const seen = events(stream.text).filter((one) => one.event === 'message' && one.data);
      seen.forEach((one) => schema.message(JSON.parse(one.data), asked));
      assert.ok(seen.length >= kLegacyQuestions.length);
    });

    it('fit the schema over stdio', async () => {
      const peer = new Stdio(schema);
      await peer.ask(initialize(revision));
      peer.send(note('notifications/initialized'));
      await Promise.all(kLegacyQuestions.map(([method, params]) => peer.ask(rpc(method, params))));
      if (revision >= '2025-11-25') {
        const nameless = peer.nameless();
        peer.send('{"jsonrpc":');
        assert.equal((await nameless).error.code, -32700);
      }
      await peer.end();
    });
  });
}

describe(`wire messages of ${kModern}`, () => {
  const kQuestionsHere = [['server/discover'], ...kQuestions];
  let schema;
  before(async () => (schema = await Schema.load(kModern)));

  it('fit the schema over HTTP', async () => {
    const asked = new Map();
    for (const [method, params] of kQuestionsHere) {
      let id;
      const answer = await raw.modern(method, params, ({ message }) => {
        ({ id } = message);
        asked.set(id, method);
        message.params._meta['io.modelcontextprotocol/logLevel'] = 'debug';
      });
      answer.messages.forEach((one) => schema.message(one, asked));
      assert.equal(answer.messages.at(-1).id, id);
    }
    const refused = [
      await raw.post('{"jsonrpc":', { 'MCP-Protocol-Version': kModern }),
      await raw.modern('tools/list', {}, ({ headers }) => delete headers['Mcp-Method']),
      await raw.modern('tools/list', {}, ({ message }) => delete message.params._meta),
      await raw.modern('tools/list', {}, ({ headers, message }) => {
        headers['MCP-Protocol-Version'] = message.params._meta['io.modelcontextprotocol/protocolVersion'] = '1900-01-01';
      }),
      await raw.modern('tools/list', {}, ({ headers }) => (headers.Origin = 'http://evil.example.com')),
      await raw.modern('tools/list', {}, ({ headers }) => (headers.Authorization = 'Bearer nope')),
    ];
    for (const { messages } of refused) {
      assert.equal(messages.length, 1);
      schema.message(messages[0], asked);
    }
    assert.ok(schema.checked > 50, 'too little was checked');
  });

  it('fit the schema on a listening stream', async () => {
    const asked = new Map();
    const stream = raw.modern('subscriptions/listen', { notifications: { toolsListChanged: true, resourcesListChanged: true, promptsListChanged: true } },
      ({ message }) => asked.set(message.id, message.method), open);
    await stream.heard((text) => text.includes('acknowledged'));
    await kimbap.edit(manifest(upstream.port, { description: 'Changed for those who listen' }));
    await stream.heard((text) => text.includes('tools/list_changed'));
    stream.cut();
    const seen = events(stream.text).filter((one) => one.data);
    seen.forEach((one) => schema.message(JSON.parse(one.data), asked));
    assert.ok(seen.length >= 2);
  });

  it('fit the schema over stdio', async () => {
    const peer = new Stdio(schema);
    const meta = {
      'io.modelcontextprotocol/protocolVersion': kModern,
      'io.modelcontextprotocol/clientInfo': { name: 'wire', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const modern = (method, params = {}) => rpc(method, { ...params, _meta: { ...meta, ...params._meta } });
    await Promise.all(kQuestionsHere.map(([method, params]) => peer.ask(modern(method, params))));
    const nameless = peer.nameless();
    peer.send('{"jsonrpc":');
    assert.equal((await nameless).error.code, -32700);
    await peer.end();
  });
});

describe('the check itself', () => {
  it('finds what does not fit', async () => {
    for (const revision of [...kLegacy, kModern]) {
      const schema = await Schema.load(revision);
      assert.notEqual(schema.fits('ListToolsResult', { tools: [{ name: 'x' }] }), '', revision);
      assert.notEqual(schema.fits('CallToolResult', { content: [{ type: 'text' }] }), '', revision);
      assert.notEqual(schema.fits('JSONRPCMessage', { jsonrpc: '1.0', id: 1, method: 'x' }), '', revision);
    }
  });
});
