// The official TypeScript SDK's server with one echo tool: no policy, no credential, no audit, no call
// downstream. Prints its port once it listens.
//
//   express  as the SDK's guide to Express sets one up
//   node     as its guide to HTTP does, on node:http with the guards of Host and Origin
//   tuned    on node:http without them, and with a schema that is made once: the guides make one for each
//            request, with the server
import { createServer } from 'node:http';
import { createMcpExpressApp } from '@modelcontextprotocol/express';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, createMcpHandler, fromJsonSchema } from '@modelcontextprotocol/server';
import * as z from 'zod/v4';

const madeOnce = fromJsonSchema({
  type: 'object',
  properties: { order: { type: 'string', pattern: '^[0-9]+$' } },
  required: ['order'],
});
const madeAnew = () => z.object({ order: z.string().regex(/^[0-9]+$/) });
const answer = { id: '1001', customer: 'Ada', amount: 4900, state: 'paid' };

const handler = (schema) => toNodeHandler(createMcpHandler(() => {
  const server = new McpServer({ name: 'echo', version: '1.0.0' });
  server.registerTool(
    'shop_get-order',
    { description: 'Look up one order', inputSchema: schema() },
    async ({ order }) => {
      const found = { ...answer, id: order };
      return { content: [{ type: 'text', text: JSON.stringify(found) }], structuredContent: found };
    },
  );
  return server;
}));

const ways = {
  express() {
    const app = createMcpExpressApp();
    const node = handler(madeAnew);
    app.all('/mcp', (request, response) => void node(request, response, request.body));
    return createServer(app);
  },
  node() {
    const node = handler(madeAnew);
    const rightHost = localhostHostValidation();
    const rightOrigin = localhostOriginValidation();
    return createServer((request, response) => {
      if (rightHost(request, response) && rightOrigin(request, response)) void node(request, response);
    });
  },
  tuned() {
    return createServer(handler(() => madeOnce));
  },
};

const http = ways[process.argv[2]]();
http.listen(0, '127.0.0.1', () => console.log(`listening ${http.address().port}`));
