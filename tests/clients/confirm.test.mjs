// Actions that their caller's user confirms: the official clients put the question, in either era and
// over every transport, and what the user says holds.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { kConnections } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation } from './support/kimbap.mjs';
import { Upstream } from './support/upstream.mjs';

const actions = `  repay:
    description: Give money back if the user agrees
    method: POST
    path: /refunds/{order}
    risk: {level: low, mutating: true}
    confirm: "Repay order {order}?"
    args: [{name: order, type: string, required: true}]
    request: {path_params: {order: "{order}"}, body: {reason: asked}}
  remind:
    description: Needs no answer where nobody can be asked
    path: /text
    risk: {level: low, mutating: false}
    confirm: {message: "Remind them?", without: allow}
    response: {type: text}
`;

let upstream;
let kimbap;
let place;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({
    manifest: manifest(upstream.port, { actions }), policy, secrets: { 'demo.token': kCredential },
  });
  const server = await kimbap.serve();
  place = { url: server.url, config: kimbap.config, folder: kimbap.folder, token: await kimbap.token() };
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const text = (result) => result.content.map((block) => block.text ?? '').join('\n');
const sent = (order) => upstream.seen(`/v1/refunds/${order}`).length;

for (const [name, , , connect] of kConnections) {
  const order = (what) => `${what}-${name.replace(/\W+/g, '-')}`;

  describe(`confirmation, ${name}`, () => {
    const questions = [];
    let action = 'accept';
    let peer;
    before(async () => {
      peer = await connect(place, async (request) => {
        questions.push(request.params);
        return action === 'accept' ? { action, content: {} } : { action };
      });
    });
    after(() => peer?.close());

    it('runs what the user accepts', async () => {
      const done = await peer.call('demo_repay', { order: order('yes') });
      assert.deepEqual(done.structuredContent, { refund: order('yes'), reason: 'asked' });
      assert.equal(questions.at(-1).message, `Repay order ${order('yes')}?`);
      assert.deepEqual(questions.at(-1).requestedSchema.properties, {});
      assert.equal(sent(order('yes')), 1);
    });

    for (const answer of ['decline', 'cancel']) {
      it(`leaves what the user answers with ${answer}`, async () => {
        action = answer;
        const asked = questions.length;
        const result = await peer.call('demo_repay', { order: order(answer) });
        assert.equal(result.isError, true);
        assert.match(text(result), /The user declined/);
        assert.equal(questions.length, asked + 1);
        assert.equal(sent(order(answer)), 0);
      });
    }

    it('asks nothing of other actions', async () => {
      const asked = questions.length;
      await peer.call('demo_echo', { text: 'quietly' });
      assert.equal(questions.length, asked);
    });
  });

  it(`refuses a client that can't ask, ${name}`, async () => {
    const peer = await connect(place);
    try {
      const said = await peer.call('demo_repay', { order: order('unasked') })
        .then((result) => ({ refused: result.isError, why: text(result) }), (error) => ({ refused: true, why: error.message }));
      assert.ok(said.refused);
      assert.match(said.why, /elicitation/);
      assert.equal(sent(order('unasked')), 0);
      assert.equal(text(await peer.call('demo_remind', {})), 'plain words');
    } finally {
      await peer.close();
    }
  });
}
