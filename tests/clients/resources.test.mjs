// Actions as resources: listed, read, refused and recorded as calls are.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { kPeers } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation } from './support/kimbap.mjs';
import { Raw, rpc } from './support/raw.mjs';
import { kPixel, Upstream } from './support/upstream.mjs';

const kReads = 'risk: {level: low, mutating: false}';
const actions = `  words: {description: Plain words, path: /text, ${kReads}, resource: {uri: "demo://words", name: the-words, mime_type: text/x-words}}
  picture: {description: A picture, path: /image, ${kReads}, resource: {uri: "demo://picture.png"}}
  all: {description: A list, path: /list, ${kReads}, resource: {uri: "demo://all"}}
  said:
    description: What was said
    path: /echo
    ${kReads}
    args:
      - {name: tone, type: string, required: true, enum: [soft, loud, low]}
      - {name: count, type: integer, required: true, maximum: 9}
    request: {query: {text: "{tone}", count: "{count}"}}
    resource: {uri: "demo://said/{tone}/{count}", mime_type: application/json}
  gone: {description: Is not there, path: /missing, ${kReads}, resource: {uri: "demo://gone"}}
  failing: {description: Fails, path: /text, ${kReads}, auth: {type: none}, resource: {uri: "demo://failing"}}
  secret: {description: For nobody, path: /text, ${kReads}, resource: {uri: "demo://secret"}}
  guarded: {description: Has to be approved, path: /text, ${kReads}, resource: {uri: "demo://guarded"}}
`;
const rules = `  - {id: nobody-reads-it, priority: 1, match: {actions: [demo.secret]}, decision: deny}
  - {id: guarded-needs-a-human, priority: 1, match: {actions: [demo.guarded]}, decision: require_approval}
  - {id: not-too-loud, priority: 1, match: {actions: [demo.said]}, conditions: [{field: args.count, operator: gt, value: 7}], decision: deny}
  - {id: strangers, priority: 0, match: {agents: [stranger]}, decision: deny}
`;

const recipes = `  - name: with-things
    args: [{name: tone, required: true}, {name: also}]
    steps: ["Hear it {tone}."]
    resources: ["demo://said/{tone}/1", "demo://picture.png", "{also}"]
`;

let upstream;
let kimbap;
let place;
let stranger;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port, { actions, recipes }), policy: policy + rules, secrets: { 'demo.token': kCredential },
    settings: 'approvals: {hold: 0s}',
  });
  const server = await kimbap.serve();
  place = { url: server.url, config: kimbap.config, folder: kimbap.folder, token: await kimbap.token() };
  stranger = new Raw(server.url, await kimbap.token('stranger'));
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

async function finished(action) {
  const { stdout } = await kimbap.run(['audit', 'export', '--format', 'jsonl']);
  return stdout.trim().split('\n').map((line) => JSON.parse(line)).filter((one) => one.kind === 'call.finished' && one.action === action);
}

for (const [name, connect] of kPeers) {
  describe(`actions as resources, ${name}`, () => {
    let peer;
    before(async () => { peer = await connect(place); });
    after(() => peer?.close());

    const read = async (uri) => (await peer.client.readResource({ uri })).contents;
    const missing = () => (peer.era === 'modern' ? -32602 : -32002);
    const refused = (uri, code, message) => assert.rejects(read(uri), (error) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    });

    it('lists those whose URI is fixed', async () => {
      const { resources } = await peer.client.listResources();
      const found = Object.fromEntries(resources.map((one) => [one.uri, one]));
      assert.deepEqual(found['demo://words'],
        { uri: 'demo://words', name: 'the-words', title: 'demo: words', description: 'Plain words', mimeType: 'text/x-words' });
      assert.ok(found['demo://all'] && found['demo://guarded']);
      assert.equal(found['demo://secret'], undefined);
    });

    it('lists the others as templates', async () => {
      const { resourceTemplates } = await peer.client.listResourceTemplates();
      assert.deepEqual(resourceTemplates.find((one) => one.uriTemplate === 'demo://said/{tone}/{count}'),
        { uriTemplate: 'demo://said/{tone}/{count}', name: 'said', title: 'demo: said', description: 'What was said', mimeType: 'application/json' });
    });

    it('reads text, JSON and bytes', async () => {
      assert.deepEqual(await read('demo://words'), [{ uri: 'demo://words', mimeType: 'text/x-words', text: 'plain words' }]);
      assert.deepEqual(await read('demo://all'), [{ uri: 'demo://all', mimeType: 'application/json', text: '["one","two"]' }]);
      assert.deepEqual(await read('demo://picture.png'), [{ uri: 'demo://picture.png', mimeType: 'image/png', blob: kPixel.toString('base64') }]);
    });

    it('fills in the arguments that a URI names', async () => {
      const [contents] = await read('demo://said/loud/3');
      assert.equal(contents.uri, 'demo://said/loud/3');
      assert.deepEqual(JSON.parse(contents.text), { text: 'loud', count: 3 });
    });

    it('completes the variables of a template', async () => {
      const complete = async (argument, value) => (await peer.client.complete({
        ref: { type: 'ref/resource', uri: 'demo://said/{tone}/{count}' }, argument: { name: argument, value },
      })).completion.values;
      assert.deepEqual(await complete('tone', ''), ['soft', 'loud', 'low']);
      assert.deepEqual(await complete('tone', 'lo'), ['loud', 'low']);
      assert.deepEqual(await complete('count', ''), []);
      assert.deepEqual(await complete('nothing', ''), []);
    });

    it('does not find what there is not, here or there', async () => {
      await refused('demo://nothing', missing(), /demo:\/\/nothing/);
      await refused('demo://said/loud', missing(), /not found/i);
      await refused('demo://gone', missing(), /demo:\/\/gone/);
    });

    it('does not find what the caller may not see, and asks nobody', async () => {
      const asked = upstream.requests.length;
      await refused('demo://secret', missing(), /not found/i);
      assert.equal(upstream.requests.length, asked);
    });

    it('says what is wrong with a value, and asks nobody', async () => {
      const asked = upstream.requests.length;
      await refused('demo://said/shrill/1', -32602, /\/tone: "shrill" is not one of/);
      await refused('demo://said/loud/ten', -32602, /\/count: /);
      assert.equal(upstream.requests.length, asked);
    });

    it('is decided by policy, with the arguments', async () => {
      const asked = upstream.requests.length;
      await refused('demo://said/loud/8', -31004, /not-too-loud/);
      assert.equal(upstream.requests.length, asked);
      assert.equal((await finished('demo.said')).at(-1).decision.rule, 'not-too-loud');
    });

    it('tells of a service that fails', async () => {
      await refused('demo://failing', -32603, /HTTP 401/);
    });

    it('waits for an operator like any call', async () => {
      const asked = upstream.requests.length;
      let approval;
      await assert.rejects(read('demo://guarded'), (error) => {
        assert.equal(error.code, -31005);
        approval = error.data['kimbap/approval'];
        assert.match(error.message, new RegExp(approval));
        return true;
      });
      assert.equal(upstream.requests.length, asked);
      await kimbap.run(['approval', 'approve', approval]);
      const done = await peer.call('kimbap_approval_result', { approval, wait_seconds: 10 });
      assert.equal(done.content[0].text, 'plain words');
    });

    it('is given along with a prompt', async () => {
      const get = async (args) => (await peer.client.getPrompt({ name: 'demo_with-things', arguments: args })).messages;
      const [text, said, picture, ...rest] = (await get({ tone: 'soft' })).map((one) => one.content);
      assert.match(text.text, /1\. Hear it soft\./);
      assert.equal(said.type, 'resource');
      assert.equal(said.resource.uri, 'demo://said/soft/1');
      assert.deepEqual(JSON.parse(said.resource.text), { text: 'soft', count: 1 });
      assert.deepEqual(picture, { type: 'image', mimeType: 'image/png', data: kPixel.toString('base64') });
      assert.deepEqual(rest, []);
      const more = await get({ tone: 'soft', also: 'demo://words' });
      assert.equal(more.at(-1).content.resource.text, 'plain words');
      for (const args of [{ tone: 'shrill' }, { tone: 'soft', also: 'demo://secret' }, { tone: 'soft', also: 'nothing' }]) {
        await assert.rejects(get(args), (error) => error.code === -32602, JSON.stringify(args));
      }
      await assert.rejects(get({ tone: 'soft', also: 'demo://said/loud/8' }), (error) => error.code === -31004);
    });

    it('records each reading', async () => {
      const before = (await finished('demo.words')).length;
      await read('demo://words');
      const records = await finished('demo.words');
      assert.equal(records.length, before + 1);
      assert.equal(records.at(-1).execution.status, 'succeeded');
    });
  });
}

describe('actions as resources, for a caller whom policy allows nothing', () => {
  const ask = async (method, params) => (await stranger.modern(method, params)).messages[0];

  it('lists none, completes none and reads none', async () => {
    assert.deepEqual((await ask('resources/list')).result.resources.filter((one) => one.uri.startsWith('demo:')), []);
    assert.deepEqual((await ask('resources/templates/list')).result.resourceTemplates.filter((one) => one.uriTemplate.startsWith('demo:')), []);
    assert.equal((await ask('completion/complete', {
      ref: { type: 'ref/resource', uri: 'demo://said/{tone}/{count}' }, argument: { name: 'tone', value: '' },
    })).error.code, -32602);
    assert.equal((await ask('resources/read', { uri: 'demo://words' })).error.code, -32602);
  });
});

describe('actions as resources, for a token of one action', () => {
  it('are that action alone', async () => {
    const raw = new Raw(place.url, await kimbap.token('desk', '--action', 'demo.words'));
    const ask = async (method, params) => (await raw.modern(method, params)).messages[0];
    assert.deepEqual((await ask('resources/list')).result.resources.map((one) => one.uri).filter((uri) => uri.startsWith('demo:')), ['demo://words']);
    assert.equal((await ask('resources/read', { uri: 'demo://words' })).result.contents[0].text, 'plain words');
    assert.equal((await ask('resources/read', { uri: 'demo://all' })).error.code, -32602);
  });
});

describe('subscriptions to actions as resources', () => {
  it('are refused, since their services tell nobody of changes', async () => {
    const raw = new Raw(place.url, place.token);
    const session = await raw.session();
    const subscribe = async (uri) => (await raw.post(rpc('resources/subscribe', { uri }), session)).messages[0];
    const asked = upstream.requests.length;
    assert.equal((await subscribe('demo://words')).error.code, -32602);
    assert.equal((await subscribe('demo://secret')).error.code, -32002);
    assert.deepEqual((await subscribe('kimbap://services/demo')).result, {});
    assert.equal(upstream.requests.length, asked);
  });
});

describe('caching of actions as resources', () => {
  it('is not for clients to do', async () => {
    const raw = new Raw(place.url, place.token);
    const { result } = (await raw.modern('resources/read', { uri: 'demo://words' })).messages[0];
    assert.equal(result.ttlMs, 0);
    assert.equal(result.cacheScope, 'private');
    assert.equal(result._meta['kimbap/decision'], 'allow');
  });
});
