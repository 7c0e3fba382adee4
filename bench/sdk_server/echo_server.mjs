// The official TypeScript SDK's server with one echo tool: no policy, no credential, no audit, no call
// downstream. Prints its port once it listens.
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, createMcpHandler, fromJsonSchema } from '@modelcontextprotocol/server';

// Compiled once: the handler makes a server for each request.
const inputSchema = fromJsonSchema({
  type: 'object',
  properties: { order: { type: 'string', pattern: '^[0-9]+$' } },
  required: ['order'],
});
const answer = { id: '1001', customer: 'Ada', amount: 4900, state: 'paid' };

function makeServer() {
  const server = new McpServer({ name: 'echo', version: '1.0.0' });
  server.registerTool(
    'shop_get-order',
    {
      description: 'Look up one order',
      inputSchema,
    },
    ({ order }) => {
      const order_ = { ...answer, id: order };
      return { content: [{ type: 'text', text: JSON.stringify(order_) }], structuredContent: order_ };
    },
  );
  return server;
}

const http = createServer(toNodeHandler(createMcpHandler(makeServer)));
http.listen(0, '127.0.0.1', () => console.log(`listening ${http.address().port}`));
