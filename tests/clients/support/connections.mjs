// The clients of both eras over every transport, behind one small face:
//   tools() call(name, arguments, {onprogress, signal}) close() era client
import { Client as ModernClient, SSEClientTransport as ModernSse, StreamableHTTPClientTransport as ModernHttp } from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as LegacySse } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

import { binary, within } from './kimbap.mjs';

/// How a client reaches kimbap: `stdio`, `http`, `sse`, or `relay` (stdio to a running server).
function transport(place, how, kinds) {
  const headers = place.token ? { Authorization: `Bearer ${place.token}` } : {};
  if (how === 'http') return new kinds.Http(new URL(`${place.url}/mcp`), { requestInit: { headers } });
  if (how === 'sse') return new kinds.Sse(new URL(`${place.url}/sse`), { requestInit: { headers } });
  const relay = how === 'relay' ? ['--connect', place.connect ?? place.url] : [];
  const config = how === 'relay' ? [] : ['--config', place.config];
  const env = { PATH: process.env.PATH, ...(place.token ? { KIMBAP_TOKEN: place.token } : {}) };
  return new kinds.Stdio({ command: binary, args: [...config, 'mcp', ...relay], env, cwd: place.folder, stderr: place.stderr ?? 'ignore' });
}

/// `answer(request)`, where given, answers elicitation/create.
export async function connectLegacy(place, how, answer) {
  const wire = transport(place, how, { Http: LegacyHttp, Sse: LegacySse, Stdio: LegacyStdio });
  const capabilities = answer ? { elicitation: { form: {} } } : {};
  const client = new LegacyClient({ name: 'legacy-client', version: '1' }, { capabilities });
  if (answer) client.setRequestHandler(ElicitRequestSchema, answer);
  let changes = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++);
  await within(client.connect(wire), 'connecting');
  return {
    client, wire, era: 'legacy', changes: () => changes,
    tools: (params) => client.listTools(params),
    call: (name, args, options) => client.callTool({ name, arguments: args }, undefined, options),
    close: async () => {
      await wire.terminateSession?.();
      await client.close();
    },
  };
}

export async function connectModern(place, how, mode, answer) {
  const wire = transport(place, how, { Http: ModernHttp, Sse: ModernSse, Stdio: ModernStdio });
  let changes = 0;
  const client = new ModernClient({ name: 'modern-client', version: '1' }, {
    versionNegotiation: { mode },
    capabilities: answer ? { elicitation: { form: {} } } : {},
    listChanged: { tools: { autoRefresh: false, onChanged: () => void changes++ } },
  });
  if (answer) client.setRequestHandler('elicitation/create', answer);
  await within(client.connect(wire), 'connecting');
  return {
    client, wire, era: client.getProtocolEra(), changes: () => changes,
    tools: (params) => client.listTools(params),
    call: (name, args, options) => client.callTool({ name, arguments: args }, options),
    close: () => client.close(),
  };
}

const kModern = { pin: '2026-07-28' };

/// Every way in that is tested: [name, transport, era that must be agreed on, connect(place, answer)].
export const kConnections = [
  ['legacy client, stdio', 'stdio', 'legacy', (place, answer) => connectLegacy(place, 'stdio', answer)],
  ['legacy client, HTTP', 'http', 'legacy', (place, answer) => connectLegacy(place, 'http', answer)],
  ['legacy client, HTTP+SSE', 'sse', 'legacy', (place, answer) => connectLegacy(place, 'sse', answer)],
  ['modern client, stdio', 'stdio', 'modern', (place, answer) => connectModern(place, 'stdio', kModern, answer)],
  ['modern client, HTTP', 'http', 'modern', (place, answer) => connectModern(place, 'http', kModern, answer)],
  ['auto client, stdio', 'stdio', 'modern', (place, answer) => connectModern(place, 'stdio', 'auto', answer)],
  ['auto client, HTTP', 'http', 'modern', (place, answer) => connectModern(place, 'http', 'auto', answer)],
  ['legacy client, relay', 'relay', 'legacy', (place, answer) => connectLegacy(place, 'relay', answer)],
  ['modern client, relay', 'relay', 'modern', (place, answer) => connectModern(place, 'relay', kModern, answer)],
  ['auto client, relay', 'relay', 'modern', (place, answer) => connectModern(place, 'relay', 'auto', answer)],
  ['2.x client in legacy mode, HTTP', 'http', 'legacy', (place, answer) => connectModern(place, 'http', 'legacy', answer)],
];

/// One way in for each transport and era, where the client's own mode is not the matter.
export const kPeers = [
  ['legacy over stdio', (place) => connectLegacy(place, 'stdio')],
  ['legacy over HTTP', (place) => connectLegacy(place, 'http')],
  ['legacy over HTTP+SSE', (place) => connectLegacy(place, 'sse')],
  ['modern over stdio', (place) => connectModern(place, 'stdio', 'auto')],
  ['modern over HTTP', (place) => connectModern(place, 'http', 'auto')],
];
