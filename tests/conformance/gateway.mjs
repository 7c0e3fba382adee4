// Starts kimbap itself for the official conformance suite (scripts/conformance --gateway): an
// installation whose manifests (suite_manifests.mjs) express what a manifest can of the suite's
// fixture, over a small HTTP API that this program also serves. Prints where it listens.
//   node gateway.mjs KIMBAP_BINARY
import { createServer } from 'node:http';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';

process.env.KIMBAP = process.argv[2];
const { Installation } = await import('../clients/support/kimbap.mjs');
const { additions, answers, manifests, policy } = await import('./suite_manifests.mjs');

const more = { actions: '', recipes: '' };
let changes = 0;

async function write_manifests() {
  for (const [name, text] of Object.entries(manifests(api.address().port, more))) {
    await writeFile(installation.path(`manifests/.${name}`), text);
    await rename(installation.path(`manifests/.${name}`), installation.path(`manifests/${name}.yaml`));
  }
}

const api = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://api');
  const change = /^\/change\/(actions|recipes)$/.exec(url.pathname);
  if (change) {
    more[change[1]] += additions[change[1]](++changes);
    await write_manifests();
    return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ changes }));
  }
  const answer = answers[url.pathname];
  if (!answer) return response.writeHead(404).end();
  answer(response, url.searchParams);
});
api.listen(0, '127.0.0.1');
await once(api, 'listening');

// The suite sends no credentials: its caller is the anonymous agent, whom the policy lets do all.
const installation = await Installation.create({ policy, settings: 'http: {anonymous_agent: suite}' });
await write_manifests();
const server = await installation.serve();
console.log(`listening on ${server.address}`);

process.once('SIGTERM', async () => {
  await server.stop();
  await installation.remove();
  process.exit(0);
});
