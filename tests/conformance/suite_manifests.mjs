// The official suite's fixture as manifests, as far as manifests go, and the API behind them. A tool
// is named service_action, so that the suite's names decide how its tools fall into services.
export const policy = `version: 1.0.0
rules:
  - {id: everything, description: This installation serves a test suite, priority: 1, match: {agents: ["*"]}, decision: allow}
`;

const kReads = 'risk: {level: low, mutating: false}';

/// `more` holds what the running suite adds: {actions, recipes}, see gateway.mjs.
const test = (port, more) => `name: test
version: 1.0.0
description: The fixture of the conformance suite
base_url: http://127.0.0.1:${port}
auth: {type: none}
recipes:
  - {name: simple_prompt, description: A prompt without arguments, steps: [Call test_simple_text.]}
  - name: prompt_with_arguments
    description: A prompt with two arguments
    args:
      - {name: arg1, description: The first, required: true}
      - {name: arg2, description: The second, required: true}
    steps: ["Say {arg1}.", "Then say {arg2}."]
  - {name: prompt_with_image, description: A prompt with a picture, steps: [Look at it.], resources: ["test://static-binary"]}
  - name: prompt_with_embedded_resource
    description: A prompt with a resource
    args: [{name: resourceUri, description: Which, required: true}]
    steps: ["Read {resourceUri}."]
    resources: ["{resourceUri}"]
${more.recipes}
actions:
  simple_text: {description: Plain text, path: /text, ${kReads}, response: {type: text}}
  image_content: {description: A picture, path: /image, ${kReads}, response: {type: binary}}
  audio_content: {description: A sound, path: /audio, ${kReads}, response: {type: binary}}
  embedded_resource: {description: Some bytes, path: /bytes, ${kReads}, response: {type: binary}}
  error_handling: {description: Always fails, path: /fails, ${kReads}}
  streaming_elicitation: {description: Streams and asks nothing, path: /lines, ${kReads}, response: {type: text, stream: ndjson}}
  tool_with_progress: {description: Answers line by line, path: /lines, ${kReads}, response: {type: text, stream: ndjson}}
  in_region:
    description: Takes a region, which clients mirror into a header
    path: /region
    ${kReads}
    args:
      - {name: region, schema: {type: string, x-mcp-header: Region}, description: Where}
    request: {query: {region: "{region}"}}
  static_text: {description: A text, path: /text, ${kReads}, resource: {uri: "test://static-text"}}
  static_binary: {description: A picture, path: /image, ${kReads}, resource: {uri: "test://static-binary"}}
  example: {description: An example, path: /text, ${kReads}, resource: {uri: "test://example-resource"}}
  template_data:
    description: Data by identifier
    path: /data
    ${kReads}
    args: [{name: id, type: string, required: true, description: Which}]
    request: {query: {id: "{id}"}}
    resource: {uri: "test://template/{id}/data", mime_type: application/json}
  logging_tool: {description: Its steps are logged to who asks for it, path: /text, ${kReads}, response: {type: text}}
  tool_with_logging: {description: Its steps are logged to who asks for it, path: /text, ${kReads}, response: {type: text}}
  elicitation:
    description: Asks what it is told to ask
    path: /text
    ${kReads}
    confirm: "{message}"
    args: [{name: message, type: string, required: true, description: The question}]
    request: {headers: {Accept: text/plain}}
    response: {type: text}
  missing_capability: {description: Asks first, path: /text, ${kReads}, confirm: "Go on?", response: {type: text}}
  input_required_result_elicitation: {description: Asks first, path: /text, ${kReads}, confirm: "Go on?", response: {type: text}}
  input_required_result_request_state: {description: Asks first, path: /text, ${kReads}, confirm: "Go on?", response: {type: text}}
  input_required_result_tampered_state: {description: Asks first, path: /text, ${kReads}, confirm: "Go on?", response: {type: text}}
  trigger_tool_change: {description: Makes the manifest gain an action, path: /change/actions, ${kReads}}
  trigger_prompt_change: {description: Makes the manifest gain a recipe, path: /change/recipes, ${kReads}}
${more.actions}
`;

const json = (port) => `name: json
version: 1.0.0
description: A tool whose schema needs all of JSON Schema 2020-12
base_url: http://127.0.0.1:${port}
auth: {type: none}
actions:
  schema_2020_12_tool:
    description: Takes a person who can be reached
    path: /text
    ${kReads}
    response: {type: text}
    schema:
      $schema: https://json-schema.org/draft/2020-12/schema
      type: object
      $defs:
        address: {$anchor: addressDef, type: object, properties: {street: {type: string}, city: {type: string}}}
      properties:
        name: {type: string}
        address: {$ref: "#/$defs/address"}
        contactMethod: {type: string, enum: [phone, email]}
        phone: {type: string}
        email: {type: string}
      allOf: [{anyOf: [{required: [phone]}, {required: [email]}]}]
      if: {properties: {contactMethod: {const: phone}}, required: [contactMethod]}
      then: {required: [phone]}
      else: {required: [email]}
      additionalProperties: false
`;

export const manifests = (port, more = { actions: '', recipes: '' }) => ({ test: test(port, more), json: json(port) });

/// What a change adds, the nth time.
export const additions = {
  actions: (n) => `  added_${n}: {description: Was added, path: /text, ${kReads}, response: {type: text}}\n`,
  recipes: (n) => `  - {name: added ${n}, description: Was added, steps: [Do it.]}\n`,
};

const send = (status, type, body) => (response) => response.writeHead(status, { 'Content-Type': type }).end(body);

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const wav = Buffer.from('UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=', 'base64');

/// Line after line with pauses, each long enough to leave kimbap before the next one comes.
function lines(response) {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  let line = 0;
  const timer = setInterval(() => {
    response.write(JSON.stringify({ line: ++line, padding: '.'.repeat(300) }) + '\n');
    if (line < 5) return;
    clearInterval(timer);
    response.end();
  }, 30);
}

/// By path.
export const answers = {
  '/text': send(200, 'text/plain', 'A simple text.'),
  '/image': send(200, 'image/png', png),
  '/audio': send(200, 'audio/wav', wav),
  '/bytes': send(200, 'application/octet-stream', Buffer.from([0, 1, 2, 3])),
  '/fails': send(500, 'application/json', '{"error": "This always fails."}'),
  '/lines': lines,
  '/data': (response, query) => send(200, 'application/json', JSON.stringify({ id: query.get('id'), data: `Data of ${query.get('id')}` }))(response),
  '/region': (response, query) => send(200, 'application/json', JSON.stringify({ region: query.get('region') }))(response),
};
