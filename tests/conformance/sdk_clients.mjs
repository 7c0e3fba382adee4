// Drives the official TypeScript clients of both eras against the conformance fixture:
//   node sdk_clients.mjs SERVER_BINARY HTTP_URL
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernHttp } from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';

const [server, url] = process.argv.slice(2);
const kLimitMs = 10000;
let passed = 0;
let failed = 0;

function check(what, ok, info = '') {
  if (ok) {
    passed++;
    return;
  }
  failed++;
  console.log(`FAIL ${what}: ${info}`);
}

function within(promise, what) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`${what} took too long`)), kLimitMs).unref());
  return Promise.race([promise, late]);
}

// `call` hides where the two clients take their options.
async function exercise(name, client, call) {
  const tools = await client.listTools();
  check(`${name} lists tools`, tools.tools.length > 20, tools.tools.length);

  const simple = await call('test_simple_text', {});
  check(`${name} calls a tool`, simple.content[0].text.startsWith('This is'), JSON.stringify(simple));

  let reports = 0;
  const progress = await call('test_tool_with_progress', {}, { onprogress: () => reports++ });
  check(`${name} hears of progress`, reports >= 3 && progress.content[0].text === 'Done', reports);

  const elicited = await call('test_elicitation', { message: 'hi' });
  check(`${name} is asked`, JSON.stringify(elicited).includes('accept'), JSON.stringify(elicited));

  const resource = await client.readResource({ uri: 'test://static-text' });
  check(`${name} reads a resource`, resource.contents[0].text.length > 0);
  const prompt = await client.getPrompt({ name: 'test_simple_prompt' });
  check(`${name} gets a prompt`, prompt.messages.length === 1);

  const started = Date.now();
  await Promise.all([1, 2, 3, 4, 5].map((i) => call('slow_compute', { seconds: 0.4, label: `${i}` })));
  check(`${name} is served in parallel`, Date.now() - started < 1800, Date.now() - started);

  const slow = await call('slow_compute', { seconds: 2, label: 'slow' });
  check(`${name} waits for a slow call`, slow.content[0].text === 'Computed slow', JSON.stringify(slow));

  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  const aborted = await call('slow_compute', { seconds: 60, label: 'x' }, { signal: controller.signal })
    .then(() => false, () => true);
  check(`${name} cancels`, aborted);

  const unknown = await call('nope', {}).then(() => undefined, (error) => error);
  check(`${name} learns of an unknown tool`, unknown?.code === -32602, unknown);
}

async function runLegacy(name, transport) {
  const client = new LegacyClient({ name: 'legacy', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { username: 'u', email: 'e@example.org' } }));
  const changed = new Promise((resolve) => client.setNotificationHandler(ToolListChangedNotificationSchema, resolve));
  try {
    await within(client.connect(transport), 'connecting');
    await exercise(name, client, (tool, args, options) => within(client.callTool({ name: tool, arguments: args }, undefined, options), tool));
    await client.callTool({ name: 'test_trigger_tool_change', arguments: {} });
    check(`${name} hears of changes`, await within(changed, 'the change').then(() => true, () => false));
    await transport.terminateSession?.();
  } catch (error) {
    check(name, false, error.stack);
  }
  await client.close();
}

async function runModern(name, transport, mode, era) {
  const client = new ModernClient({ name: 'modern', version: '1' }, { capabilities: { elicitation: {} }, versionNegotiation: { mode } });
  client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { username: 'u', email: 'e@example.org' } }));
  try {
    await within(client.connect(transport), 'connecting');
    check(`${name} settles on its era`, client.getProtocolEra() === era, client.getProtocolEra());
    await exercise(name, client, (tool, args, options) => within(client.callTool({ name: tool, arguments: args }, options), tool));
  } catch (error) {
    check(name, false, error.stack);
  }
  await client.close();
}

const mcp = new URL(`${url}/mcp`);
const command = { command: server, args: ['--stdio'] };
await runLegacy('legacy client, stdio', new LegacyStdio(command));
await runLegacy('legacy client, HTTP', new LegacyHttp(mcp));
await runLegacy('legacy client, SSE', new SSEClientTransport(new URL(`${url}/sse`)));
await runModern('modern client, stdio', new ModernStdio(command), { pin: '2026-07-28' }, 'modern');
await runModern('auto client, stdio', new ModernStdio(command), 'auto', 'modern');
await runModern('modern client, HTTP', new ModernHttp(mcp), { pin: '2026-07-28' }, 'modern');
await runModern('auto client, HTTP', new ModernHttp(mcp), 'auto', 'modern');
await runModern('legacy mode, HTTP', new ModernHttp(mcp), 'legacy', 'legacy');
console.log(`clients: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
