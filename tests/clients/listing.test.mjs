// Lists: many tools in pages, changes while a client watches, prompts, resources.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';

import { kPeers } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { eventually, Installation } from './support/kimbap.mjs';
import { Upstream } from './support/upstream.mjs';

const kMany = 300;
const many = Array.from({ length: kMany }, (_, i) =>
  `  many-${String(i).padStart(3, '0')}: {description: Number ${i}, method: GET, path: /text, risk: {level: low, mutating: false}, response: {type: text}}\n`).join('');

let upstream;
let kimbap;
let place;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port, { actions: many }), policy, secrets: { 'demo.token': kCredential },
  });
  const server = await kimbap.serve();
  place = { url: server.url, config: kimbap.config, folder: kimbap.folder, token: await kimbap.token() };
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const edit = (description) => kimbap.edit(manifest(upstream.port, { description, actions: many }));

async function echoes(peer) {
  return (await peer.tools()).tools.find((tool) => tool.name === 'demo_echo').description;
}

for (const [name, connect] of kPeers) {
  describe(`lists, ${name}`, () => {
    let peer;
    before(async () => { peer = await connect(place); });
    after(() => peer?.close());

    it('pages through hundreds of tools', async () => {
      const names = [];
      let cursor;
      let pages = 0;
      do {
        const page = await peer.tools(cursor === undefined ? undefined : { cursor });
        names.push(...page.tools.map((tool) => tool.name));
        cursor = page.nextCursor;
        pages++;
      } while (cursor !== undefined && pages < 50);
      assert.equal(names.filter((one) => one.startsWith('demo_many-')).length, kMany);
      assert.equal(new Set(names).size, names.length);
      if (peer.era === 'legacy') assert.ok(pages > 1, 'one page'); // the 2.x client gathers them itself
      const last = await peer.call(`demo_many-${kMany - 1}`, {});
      assert.equal(last.content[0].text, 'plain words');
    });

    it('refuses a cursor that it did not give', async () => {
      await assert.rejects(peer.tools({ cursor: 'made-up' }), (error) => error.code === -32602);
    });

    it('hears of a changed manifest', async () => {
      await peer.tools();
      const before = peer.changes();
      const description = `Changed for ${name}`;
      await edit(description);
      await eventually(() => peer.changes() > before, 'list_changed');
      assert.ok((await echoes(peer)).startsWith(description));
    });

    it('keeps what runs when the new manifest has faults', async () => {
      await writeFile(kimbap.path('manifests/demo.yaml'), 'name: demo\nactions: [');
      const log = await kimbap.run(['service', 'validate', kimbap.path('manifests/demo.yaml')], { expect: 5 });
      assert.match(log.stderr + log.stdout, /demo\.yaml:\d+:\d+: /);
      assert.equal((await peer.call('demo_text', {})).content[0].text, 'plain words');
      await edit('Mended');
      await eventually(async () => (await echoes(peer)).startsWith('Mended'), 'the mended manifest');
    });

    it('offers recipes as prompts', async () => {
      const { prompts } = await peer.client.listPrompts();
      const prompt = prompts.find((one) => one.name === 'demo_say-something-twice');
      assert.equal(prompt?.description, 'How to hear oneself');
      const { messages } = await peer.client.getPrompt({ name: prompt.name });
      assert.match(messages[0].content.text, /1\. Call echo with a text\.\n2\. Call it again\./);
      await assert.rejects(peer.client.getPrompt({ name: 'nothing' }), (error) => error.code === -32602);
    });

    it('fills in the arguments of a recipe', async () => {
      const { prompts } = await peer.client.listPrompts();
      const prompt = prompts.find((one) => one.name === 'demo_say_it_to');
      assert.deepEqual(prompt?.arguments, [{ name: 'whom', description: 'Who listens', required: true }, { name: 'how', description: 'One of: softly , loudly , slowly ', required: false }]);
      const { messages } = await peer.client.getPrompt({ name: prompt.name, arguments: { whom: 'Ada', braces: 'x' } });
      assert.match(messages[0].content.text, /1\. Call echo with Ada and \{braces\}\./);
      const loud = await peer.client.getPrompt({ name: prompt.name, arguments: { whom: '{how}', how: 'loudly ' } });
      assert.match(loud.messages[0].content.text, /1\. Call echo with \{how\} loudly and /);
      await assert.rejects(peer.client.getPrompt({ name: prompt.name, arguments: { whom: 'Ada', how: 'never' } }),
        (error) => error.code === -32602 && /"how" must be one of/.test(error.message));
      await assert.rejects(peer.client.getPrompt({ name: prompt.name, arguments: {} }), (error) => error.code === -32602 && /"whom" is missing/.test(error.message));
    });

    it('offers the services\' documentation as resources', async () => {
      const { resources } = await peer.client.listResources();
      assert.ok(resources.some((one) => one.uri === 'kimbap://services/demo'), JSON.stringify(resources));
      const { contents } = await peer.client.readResource({ uri: 'kimbap://services/demo' });
      assert.equal(contents[0].mimeType, 'text/markdown');
      assert.match(contents[0].text, /### echo/);
      assert.match(contents[0].text, /be quiet/);
      assert.ok(!contents[0].text.includes(kCredential));
      const { resourceTemplates } = await peer.client.listResourceTemplates();
      assert.deepEqual(resourceTemplates.map((one) => one.uriTemplate).sort(),
        ['demo://notes/{text}', 'kimbap://approvals/{id}', 'kimbap://services/{name}']);
      const code = peer.era === 'modern' ? -32602 : -32002;
      await assert.rejects(peer.client.readResource({ uri: 'kimbap://services/nothing' }), (error) => error.code === code);
    });
  });
}
