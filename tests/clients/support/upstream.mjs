// The service behind kimbap in these tests: a small HTTP API that wants a bearer token.
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';

export class Upstream {
  constructor(credential) {
    this.credential = credential;
    this.requests = []; // {method, path, query, authorized, body}
    this.events = new EventEmitter(); // 'request' (path), 'abandoned' (path); 'go' for /v1/paced
    this.server = createServer((request, response) => this.#answer(request, response));
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  seen(path) {
    return this.requests.filter((request) => request.path === path);
  }

  async #answer(request, response) {
    const url = new URL(request.url, 'http://upstream');
    const path = url.pathname;
    let body = '';
    for await (const piece of request) body += piece;
    const authorized = request.headers.authorization === `Bearer ${this.credential}`;
    const query = Object.fromEntries(url.searchParams);
    this.requests.push({ method: request.method, path, query, authorized, body });
    // A response that closes unfinished was abandoned by its client.
    response.on('close', () => response.writableFinished || this.events.emit('abandoned', path));
    this.events.emit('request', path);
    const json = (status, value) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (!authorized) return json(401, { error: 'who are you?' });
    if (path === '/v1/echo') return json(200, { text: query.text, count: Number(query.count ?? 1) });
    if (path === '/v1/headers') return json(200, { headers: request.headers });
    if (path === '/v1/list') return json(200, ['one', 'two']);
    if (path === '/v1/text') return response.writeHead(200, { 'Content-Type': 'text/plain' }).end('plain words');
    if (path === '/v1/image') return response.writeHead(200, { 'Content-Type': 'image/png' }).end(kPixel);
    if (path.startsWith('/v1/refunds/')) return json(201, { refund: path.split('/').pop(), reason: JSON.parse(body).reason });
    if (path === '/v1/stream') return this.#stream(response);
    if (path === '/v1/paced') return this.#paced(response);
    if (path === '/v1/flood') return this.#flood(response);
    if (path.startsWith('/v1/never')) return; // until its client gives up
    return json(404, { error: 'no such thing' });
  }

  /// Says the next thing only when told 'go', so that what was said must have arrived by then. It is
  /// one line ahead, since kimbap holds the end of what it has back: a credential may begin there.
  #paced(response) {
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    let line = 0;
    const say = () => {
      response.write(JSON.stringify({ line: ++line, padding: '.'.repeat(300) }) + '\n');
      if (line < 5) return;
      this.events.off('go', say);
      response.end();
    };
    this.events.on('go', say);
    say();
    say();
  }

  /// 4 MiB of lines, as fast as they are taken; `flooded` counts those that were taken whole.
  async #flood(response) {
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    const line = JSON.stringify({ padding: '.'.repeat(4096) }) + '\n';
    for (let sent = 0; sent < 1024; ++sent) {
      if (!response.write(line)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    response.end();
    await once(response, 'close');
    this.flooded = (this.flooded ?? 0) + 1;
  }

  #stream(response) {
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    let line = 0;
    const timer = setInterval(() => {
      response.write(JSON.stringify({ line: ++line }) + '\n');
      if (line < 5) return;
      clearInterval(timer);
      response.end();
    }, 60);
  }
}

export const kPixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
