// kimbap mcp --connect: a relay beside the agent, with a server that goes away and comes back.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';

import { connectLegacy, connectModern } from './support/connections.mjs';
import { kCredential, manifest, policy } from './support/demo.mjs';
import { binary, eventually, Installation, within } from './support/kimbap.mjs';
import { Upstream } from './support/upstream.mjs';

let upstream;
let kimbap;
let token;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({ manifest: manifest(upstream.port), policy, secrets: { 'demo.token': kCredential } });
  token = await kimbap.token();
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const kPeers = [
  ['legacy', (place) => connectLegacy(place, 'relay')],
  ['modern', (place) => connectModern(place, 'relay', 'auto')],
];
const kListen = [
  ['TCP', '127.0.0.1:0', (server) => server.url],
  ['a Unix socket', 'unix:', (server) => server.address],
];

for (const [name, connect] of kPeers) {
  for (const [way, listen, address] of kListen) {
    describe(`relay over ${way}, ${name}`, () => {
      let server;
      let peer;
      const where = () => (listen === 'unix:' ? `unix:${kimbap.path(`${name}.sock`)}` : listen);
      before(async () => {
        server = await kimbap.serve({ listen: where() });
        peer = await connect({ folder: kimbap.folder, token, connect: address(server) });
      });
      after(async () => {
        await peer?.close();
        await server?.stop();
      });

      it('calls as the token\'s agent', async () => {
        assert.equal((await peer.call('demo_echo', { text: 'über' })).structuredContent.text, 'über');
        const records = (await kimbap.run(['audit', 'export'])).stdout.trim().split('\n').map((line) => JSON.parse(line));
        const last = records.filter((record) => record.kind === 'call.finished').pop();
        assert.equal(last.caller.agent, 'desk');
        assert.match(last.caller.token, /^tok_/);
      });

      it('hears of a changed manifest', async () => {
        const before = peer.changes();
        await kimbap.edit(manifest(upstream.port, { description: `For ${name}, ${way}` }));
        await eventually(() => peer.changes() > before, 'list_changed');
      });

      it('says that the server is away, and finds it again', async () => {
        const again = listen === 'unix:' ? where() : server.address;
        await server.stop();
        await assert.rejects(within(peer.call('demo_text', {}), 'the error'), /can't be reached/);
        const before = peer.changes();
        server = await kimbap.serve({ listen: again });
        assert.equal((await within(peer.call('demo_text', {}), 'the next call')).content[0].text, 'plain words');
        // What changed while the server was away is unknown: the lists are called changed, and later
        // changes are heard of again.
        await eventually(() => peer.changes() > before, 'list_changed after the restart');
        const heard = peer.changes();
        await kimbap.edit(manifest(upstream.port, { description: `After the restart: ${name}, ${way}` }));
        await eventually(() => peer.changes() > heard, 'list_changed of the new server');
      });

      it('says that the outcome is unknown where the server dies during a call', async () => {
        const path = `/v1/never/dies-${name}-${listen === 'unix:' ? 'unix' : 'tcp'}`;
        const again = listen === 'unix:' ? where() : server.address;
        const calling = peer.call('demo_never', { id: path.split('/').pop() });
        calling.catch(() => {});
        await eventually(() => upstream.seen(path).length === 1, 'the call downstream');
        await server.stop('SIGKILL');
        await assert.rejects(within(calling, 'the error'), /unknown/);
        server = await kimbap.serve({ listen: again });
        assert.equal((await peer.call('demo_text', {})).content[0].text, 'plain words');
        assert.equal(upstream.seen(path).length, 1);
      });
    });
  }
}

describe('relay, alone', () => {
  /// The relay as a bare process: what it says on stdout, line by line.
  function relay(connect, environment = {}) {
    const child = spawn(binary, ['mcp', '--connect', connect],
      { env: { PATH: process.env.PATH, ...environment }, cwd: kimbap.folder, stdio: ['pipe', 'pipe', 'pipe'] });
    kimbap.children.add(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    let log = '';
    child.stderr.on('data', (data) => (log += data));
    return {
      child, log: () => log,
      say: (message) => child.stdin.write(typeof message === 'string' ? message : `${JSON.stringify(message)}\n`),
      hear: async () => JSON.parse((await within(lines.next(), 'a line')).value),
      ended: () => within(once(child, 'close'), 'the end').then(([code]) => code),
    };
  }
  const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

  it('refuses what names no server', async () => {
    for (const bad of ['localhost', 'ftp://localhost', 'unix:', 'http://user:password@localhost/']) {
      assert.equal(await relay(bad).ended(), 2, bad);
    }
    await kimbap.run(['mcp', '--connect', 'http://127.0.0.1:1', '--agent', 'me'], { expect: 2 });
  });

  it('needs no configuration and opens none of the installation\'s files', async () => {
    const server = await kimbap.serve();
    const peer = relay(server.url, { KIMBAP_TOKEN: token });
    peer.say({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } });
    assert.ok((await peer.hear()).result.tools.length > 5);
    const maps = await readFile(`/proc/${peer.child.pid}/maps`, 'utf8');
    assert.ok(!maps.includes(kimbap.folder));
    peer.child.stdin.end();
    assert.equal(await peer.ended(), 0);
    await server.stop();
  });

  it('says that the token is refused', async () => {
    const server = await kimbap.serve();
    for (const environment of [{}, { KIMBAP_TOKEN: 'kbp_wrong' }]) {
      const peer = relay(server.url, environment);
      peer.say({ jsonrpc: '2.0', id: 'a', method: 'tools/list', params: { _meta: meta } });
      const answer = await peer.hear();
      assert.equal(answer.id, 'a');
      assert.match(answer.error.message, /KIMBAP_TOKEN/);
      peer.child.stdin.end();
      assert.equal(await peer.ended(), 0);
      assert.ok(!peer.log().includes('kbp_wrong'));
    }
    await server.stop();
  });

  it('answers what is no message, and lives on', async () => {
    const peer = relay('http://127.0.0.1:1', { KIMBAP_TOKEN: token });
    peer.say('{"jsonrpc":\n');
    assert.equal((await peer.hear()).error.code, -32700);
    peer.say('{"jsonrpc":"2.0","id":{},"method":"ping"}\n');
    assert.equal((await peer.hear()).error.code, -32600);
    peer.say({ jsonrpc: '2.0', id: 6, method: 'ping' });
    const early = await peer.hear();
    assert.deepEqual([early.id, early.error.code], [6, -32602]);
    assert.match(early.error.message, /initialize/);
    peer.say({ jsonrpc: '2.0', id: 7, method: 'tools/list', params: { _meta: meta } });
    const away = await peer.hear();
    assert.deepEqual([away.id, away.error.code], [7, -31003]);
    assert.match(away.error.message, /can't be reached/);
    peer.child.stdin.end();
    assert.equal(await peer.ended(), 0);
  });

  it('lets what runs finish when its input ends, and ends by SIGTERM', async () => {
    const server = await kimbap.serve();
    const peer = relay(server.url, { KIMBAP_TOKEN: token });
    peer.say({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'demo_stream', arguments: {}, _meta: meta } });
    peer.child.stdin.end();
    assert.equal((await peer.hear()).id, 1);
    assert.equal(await peer.ended(), 0);
    const other = relay(server.url, { KIMBAP_TOKEN: token });
    other.say({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } });
    await other.hear();
    other.child.kill('SIGTERM');
    assert.equal(await other.ended(), 0);
    await server.stop();
  });

  it('keeps other users from the socket, and takes over one that was left behind', async () => {
    const path = kimbap.path('left.sock');
    const first = await kimbap.serve({ listen: `unix:${path}` });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await assert.rejects(kimbap.serve({ listen: `unix:${path}` }), /listens there|serves there/);
    await first.stop('SIGKILL');
    const second = await kimbap.serve({ listen: `unix:${path}` });
    await second.stop();
    await assert.rejects(stat(path));
  });
});
