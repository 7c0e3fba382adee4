// HTTP as a test wants it: any header, any bytes, any moment to hang up.
import { once } from 'node:events';
import { request } from 'node:http';

import { within } from './kimbap.mjs';

export const kModern = '2026-07-28';
export const kLegacy = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
export const kBothTypes = 'application/json, text/event-stream';

/// Takes an event stream apart: {id, event, data, retry} each, comments left out.
export function events(text) {
  return text.split(/\r?\n\r?\n/).map((block) => {
    const fields = {};
    for (const line of block.split(/\r?\n/)) {
      const found = /^(id|event|data|retry): ?(.*)$/.exec(line);
      if (found) fields[found[1]] = found[2];
    }
    return fields;
  }).filter((event) => Object.keys(event).length > 0);
}

/// An exchange whose answer is read as it comes: status, headers, text so far, `heard(look)` to wait
/// until look(text) holds, `ended` (a promise), cut() to hang up.
export function open(url, { method = 'POST', headers = {}, body = '' } = {}) {
  const exchange = { text: '' };
  const asking = request(url, { method, headers, agent: false });
  exchange.cut = () => asking.destroy();
  exchange.ended = new Promise((resolve) => asking.on('close', resolve));
  exchange.answered = within(new Promise((resolve, reject) => {
    asking.on('error', reject);
    asking.on('response', (answer) => {
      exchange.status = answer.statusCode;
      exchange.headers = answer.headers;
      exchange.answer = answer;
      answer.setEncoding('utf8');
      answer.on('error', () => {});
      answer.on('data', (piece) => {
        exchange.text += piece;
        asking.emit('heard');
      });
      resolve(exchange);
    });
  }), `${method} ${url}`);
  exchange.heard = async (look, what = 'the stream to go on') => {
    await exchange.answered;
    while (!look(exchange.text)) await within(once(asking, 'heard'), what);
    return exchange.text;
  };
  asking.on('error', () => {});
  asking.end(body);
  return exchange;
}

/// A whole exchange: {status, headers, text, messages}.
export async function ask(url, options) {
  const exchange = open(url, options);
  await exchange.answered;
  await within(exchange.ended, 'the end of the answer');
  const { status, headers, text } = exchange;
  const type = headers['content-type'] ?? '';
  const messages = type.startsWith('text/event-stream') ? events(text).filter((one) => one.data).map((one) => JSON.parse(one.data))
    : type.startsWith('application/json') ? [JSON.parse(text)].flat() : [];
  return { status, headers, text, messages };
}

let last = 0;
export const rpc = (method, params, id = ++last) => ({ jsonrpc: '2.0', id, method, ...(params ? { params } : {}) });
export const note = (method, params) => ({ jsonrpc: '2.0', method, ...(params ? { params } : {}) });

/// Speaks to one server with one token.
export class Raw {
  constructor(url, token) {
    this.url = url;
    this.bearer = { Authorization: `Bearer ${token}` };
  }

  /// POSTs a body (an object, or text as it stands); `headers` replace the usual ones, undefined
  /// leaves one out.
  post(body, headers = {}, how = ask) {
    const all = { 'Content-Type': 'application/json', Accept: kBothTypes, ...this.bearer, ...headers };
    for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
    return how(`${this.url}/mcp`, { headers: all, body: typeof body === 'string' ? body : JSON.stringify(body) });
  }

  get(headers = {}, how = open) {
    return how(`${this.url}/mcp`, { method: 'GET', headers: { Accept: 'text/event-stream', ...this.bearer, ...headers } });
  }

  /// A modern request with its metadata; `change` edits {message, headers} before it is sent.
  modern(method, params = {}, change = () => {}, how = ask) {
    const name = params.name ?? params.uri ?? params.taskId;
    const meta = {
      'io.modelcontextprotocol/protocolVersion': kModern,
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const sent = {
      message: rpc(method, { ...params, _meta: { ...meta, ...params._meta } }),
      headers: { 'MCP-Protocol-Version': kModern, 'Mcp-Method': method, ...(name ? { 'Mcp-Name': name } : {}) },
    };
    change(sent);
    return this.post(sent.message, sent.headers, how);
  }

  /// Opens a legacy session: its headers.
  async session(revision = '2025-11-25', capabilities = {}) {
    const opened = await this.post(rpc('initialize', { protocolVersion: revision, capabilities, clientInfo: { name: 'raw', version: '1' } }));
    const headers = { 'Mcp-Session-Id': opened.headers['mcp-session-id'] };
    if (revision >= '2025-06-18') headers['MCP-Protocol-Version'] = revision;
    await this.post(note('notifications/initialized'), headers);
    return headers;
  }
}
