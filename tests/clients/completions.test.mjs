// Completion of what a user types: values that a manifest lists, and nothing of what the caller can't see.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { kPeers } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation } from './support/kimbap.mjs';
import { Raw } from './support/raw.mjs';
import { Upstream } from './support/upstream.mjs';

let upstream;
let kimbap;
let place;
let stranger;

const kStrangersSeeNothing = `  - {id: strangers, priority: 0, match: {agents: [stranger]}, decision: deny}
`;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port), policy: policy + kStrangersSeeNothing, secrets: { 'demo.token': kCredential },
  });
  const server = await kimbap.serve();
  place = { url: server.url, config: kimbap.config, folder: kimbap.folder, token: await kimbap.token() };
  stranger = new Raw(server.url, await kimbap.token('stranger'));
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const prompt = (name) => ({ type: 'ref/prompt', name });
const resource = (uri) => ({ type: 'ref/resource', uri });

for (const [name, connect] of kPeers) {
  describe(`completion, ${name}`, () => {
    let peer;
    before(async () => { peer = await connect(place); });
    after(() => peer?.close());

    const values = async (ref, argument, value) =>
      (await peer.client.complete({ ref, argument: { name: argument, value } })).completion.values;

    it('offers the choices of a recipe\'s argument by what they begin with', async () => {
      assert.deepEqual(await values(prompt('demo_say_it_to'), 'how', ''), ['softly ', 'loudly ', 'slowly ']);
      assert.deepEqual(await values(prompt('demo_say_it_to'), 'how', 's'), ['softly ', 'slowly ']);
      assert.deepEqual(await values(prompt('demo_say_it_to'), 'how', 'x'), []);
    });

    it('offers nothing for an argument of any text, nor for one that there is not', async () => {
      assert.deepEqual(await values(prompt('demo_say_it_to'), 'whom', ''), []);
      assert.deepEqual(await values(prompt('demo_say_it_to'), 'nothing', ''), []);
    });

    it('gives a hundred of many, and says how many there are', async () => {
      const { completion } = await peer.client.complete({ ref: prompt('demo_say_a_number'), argument: { name: 'number', value: 'n' } });
      assert.equal(completion.values.length, 100);
      assert.equal(completion.total, 120);
      assert.equal(completion.hasMore, true);
      assert.deepEqual(await values(prompt('demo_say_a_number'), 'number', 'n119'), ['n119']);
    });

    it('offers services by name', async () => {
      assert.ok((await values(resource('kimbap://services/{name}'), 'name', 'de')).includes('demo'));
    });

    it('refuses what there is not', async () => {
      const code = peer.era === 'modern' ? -32602 : -32002;
      await assert.rejects(values(prompt('demo_nothing'), 'how', ''), (error) => error.code === -32602);
      await assert.rejects(values(resource('nothing://{x}'), 'x', ''), (error) => error.code === code);
    });
  });
}

describe('completion for a caller whom policy allows nothing', () => {
  const complete = async (ref, name) => (await stranger.modern('completion/complete', { ref, argument: { name, value: '' } })).messages[0];

  it('does not know the prompts', async () => {
    assert.equal((await complete(prompt('demo_say_it_to'), 'how')).error?.code, -32602);
  });

  it('names no service', async () => {
    assert.deepEqual((await complete(resource('kimbap://services/{name}'), 'name')).result.completion.values, []);
  });
});
