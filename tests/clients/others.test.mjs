// Clients that others make, each listing and calling tools with a bearer token over HTTP and, where
// it can, over stdio: the Inspector's command line, mcp-remote, the AI SDK, the Python SDK.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createMCPClient } from '@ai-sdk/mcp';
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { kCredential, manifest, policy } from './support/demo.mjs';
import { binary, Installation, within } from './support/kimbap.mjs';
import { Upstream } from './support/upstream.mjs';

let upstream;
let kimbap;
let url;
let token;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  kimbap = await Installation.create({ manifest: manifest(upstream.port), policy, secrets: { 'demo.token': kCredential } });
  ({ url } = await kimbap.serve());
  token = await kimbap.token();
});
after(async () => {
  await kimbap?.remove();
  await upstream?.stop();
});

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const bearer = () => `Authorization: Bearer ${token}`;

/// Runs a program to its end: {code, stdout, stderr}.
async function run(command, args, env = {}) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'], cwd: kimbap.folder,
    env: { PATH: process.env.PATH, HOME: kimbap.folder, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const [code] = await within(once(child, 'close'), `${command} ${args[0]}`, 60000);
  return { code, stdout, stderr };
}

describe('the Inspector\'s command line', () => {
  const inspector = file('./node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
  const kWays = [
    ['HTTP', () => ['--server-url', `${url}/mcp`, '--transport', 'http', '--header', bearer()]],
    ['HTTP+SSE', () => ['--server-url', `${url}/sse`, '--transport', 'sse', '--header', bearer()]],
    ['stdio', () => [binary, '--config', kimbap.config, 'mcp']],
  ];
  /// Its own options end where those of a server's command begin.
  const inspect = (way, method, ...more) => {
    const [first, ...rest] = way;
    const args = first.startsWith('--') ? [...way, '--method', method, ...more]
      : ['--method', method, ...more, '--', first, ...rest];
    return run(process.execPath, [inspector, '--cli', ...args]);
  };
  for (const [name, way] of kWays) {
    it(`lists and calls tools over ${name}`, async () => {
      const [listed, called] = await Promise.all([
        inspect(way(), 'tools/list'),
        inspect(way(), 'tools/call', '--tool-name', 'demo_echo', '--tool-arg', 'text=hello', 'count=2'),
      ]);
      assert.equal(listed.code, 0, listed.stderr);
      assert.ok(JSON.parse(listed.stdout).tools.some((tool) => tool.name === 'demo_echo'), listed.stdout);
      assert.equal(called.code, 0, called.stderr);
      assert.deepEqual(JSON.parse(called.stdout).structuredContent, { text: 'hello', count: 2 });
    });
  }
  it('is refused without the token', async () => {
    const refused = await inspect(['--server-url', `${url}/mcp`, '--transport', 'http'], 'tools/list');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr + refused.stdout, /401|unauthorized|auth_required/i);
  });
});

describe('mcp-remote', () => {
  const proxy = file('./node_modules/mcp-remote/dist/proxy.js');
  for (const [name, path, strategy] of [['HTTP', '/mcp', 'http-only'], ['HTTP+SSE', '/sse', 'sse-only']]) {
    it(`carries stdio over ${name}`, async () => {
      const wire = new StdioClientTransport({
        command: process.execPath,
        args: [proxy, `${url}${path}`, '--allow-http', '--transport', strategy, '--header', 'Authorization:${KIMBAP_AUTH}'],
        env: { PATH: process.env.PATH, HOME: kimbap.folder, MCP_REMOTE_CONFIG_DIR: kimbap.path(`remote-${strategy}`), KIMBAP_AUTH: `Bearer ${token}` },
        stderr: 'ignore',
      });
      const client = new Client({ name: 'behind-mcp-remote', version: '1' });
      await within(client.connect(wire), 'connecting through mcp-remote');
      try {
        const { tools } = await client.listTools();
        assert.ok(tools.some((tool) => tool.name === 'demo_echo'));
        const heard = [];
        const result = await client.callTool({ name: 'demo_stream', arguments: {} }, undefined, { onprogress: (one) => heard.push(one) });
        assert.equal(result.content[0].text.trim().split('\n').length, 5, result.content[0].text);
        assert.ok(heard.length > 0, 'no progress came through');
        const refusal = await client.callTool({ name: 'demo_wipe', arguments: {} });
        assert.equal(refusal.isError, true);
      } finally {
        await client.close();
      }
    });
  }
});

describe('the AI SDK', () => {
  const kWays = [
    ['HTTP', () => ({ type: 'http', url: `${url}/mcp`, headers: { Authorization: `Bearer ${token}` } })],
    ['HTTP+SSE', () => ({ type: 'sse', url: `${url}/sse`, headers: { Authorization: `Bearer ${token}` } })],
    ['stdio', () => new StdioMCPTransport({ command: binary, args: ['--config', kimbap.config, 'mcp'], stderr: 'ignore' })],
  ];
  for (const [name, way] of kWays) {
    it(`lists and calls tools over ${name}`, async () => {
      const client = await within(createMCPClient({ transport: way() }), 'connecting');
      try {
        const tools = await client.tools();
        assert.ok('demo_echo' in tools);
        assert.match(tools.demo_echo.description, /Say it back/);
        const result = await tools.demo_echo.execute({ text: 'hello' }, { toolCallId: '1', messages: [] });
        assert.deepEqual(result.structuredContent, { text: 'hello', count: 1 });
        const failed = await tools.demo_missing.execute({}, { toolCallId: '2', messages: [] });
        assert.equal(failed.isError, true);
      } finally {
        await client.close();
      }
    });
  }
});

// tests/clients/run makes the environment where Python can.
const python = file('./python/bin/python3');
describe('the Python SDK', { skip: existsSync(python) ? false : 'there is no Python environment (python3-venv)' }, () => {
  for (const mode of ['legacy', 'auto', '2026-07-28']) {
    for (const transport of ['http', 'stdio', ...(mode === 'legacy' ? ['sse'] : [])]) {
      it(`lists and calls tools over ${transport}, ${mode}`, async () => {
        const target = { http: `${url}/mcp`, sse: `${url}/sse`, stdio: binary }[transport];
        const ran = await run(python, [file('./python_client.py'), transport, mode, target, kimbap.config], { KIMBAP_TOKEN: token });
        assert.equal(ran.code, 0, ran.stderr);
        const said = JSON.parse(ran.stdout);
        assert.equal(said.revision, mode === 'legacy' ? '2025-11-25' : '2026-07-28');
        assert.ok(said.tools.includes('demo_echo'));
        assert.deepEqual(said.echo, { text: 'hello', count: 1 });
        assert.equal(said.refused, true);
        assert.ok(said.progress > 0, 'no progress came through');
      });
    }
  }
});
