// The manifest and the policy that these tests run with.
export const kCredential = 'demo-credential-3f9a1c';

export function manifest(port, { description = 'Say it back', actions = '', recipes = '' } = {}) {
  return `name: demo
version: 1.0.0
description: What the tests talk to
base_url: http://127.0.0.1:${port}/v1
auth: {type: bearer, credential_ref: demo.token}
gotchas:
  - {symptom: it echoes, likely_cause: that is what it does, recovery: be quiet, severity: low, applies_to: [echo]}
recipes:
  - name: Say something twice
    description: How to hear oneself
    steps: [Call echo with a text., Call it again.]
  - name: say_it_to
    description: How to greet
    args: [{name: whom, description: Who listens, required: true}, {name: how, enum: ["softly ", "loudly ", "slowly "]}]
    steps: ["Call echo with {whom} {how}and {braces}."]
  - name: say_a_number
    args: [{name: number, enum: [${Array.from({ length: 120 }, (_, i) => `n${i}`)}]}]
    steps: ["Call echo with {number}."]
${recipes}actions:
  echo:
    description: ${JSON.stringify(description)}
    method: GET
    path: /echo
    idempotent: true
    risk: {level: low, mutating: false}
    args:
      - {name: text, type: string, required: true, max_length: 100, description: What to say}
      - {name: count, type: integer, minimum: 1, maximum: 9}
    request: {query: {text: "{text}", count: "{count}"}}
  headers: {description: What was sent, method: GET, path: /headers, risk: {level: low, mutating: false}}
  list: {description: An array, method: GET, path: /list, risk: {level: low, mutating: false}, response: {type: array}}
  text: {description: Plain text, method: GET, path: /text, risk: {level: low, mutating: false}, response: {type: text}}
  image: {description: A picture, method: GET, path: /image, risk: {level: low, mutating: false}, response: {type: binary}}
  missing: {description: Is not there, method: GET, path: /missing, risk: {level: low, mutating: false}}
  stream:
    description: Line by line
    method: GET
    path: /stream
    risk: {level: low, mutating: false}
    response: {type: text, stream: ndjson}
  paced:
    description: Line by line, when told to
    method: GET
    path: /paced
    risk: {level: low, mutating: false}
    response: {type: text, stream: ndjson}
  flood:
    description: More lines than anybody reads
    method: GET
    path: /flood
    risk: {level: low, mutating: false}
    response: {type: text, stream: ndjson}
  never:
    description: Never answers
    method: GET
    path: /never/{id}
    risk: {level: low, mutating: false}
    args: [{name: id, type: string, required: true}]
    request: {path_params: {id: "{id}"}}
  refund:
    description: Give money back
    method: POST
    path: /refunds/{order}
    risk: {level: high, mutating: true}
    args:
      - {name: order, type: string, required: true}
      - {name: reason, type: string, required: true}
    request: {path_params: {order: "{order}"}, body: {reason: "{reason}"}}
  wipe: {description: Delete everything, method: DELETE, path: /everything, risk: {level: critical, mutating: true}}
  note:
    description: A note
    method: GET
    path: /echo
    risk: {level: low, mutating: false}
    args: [{name: text, type: string, required: true, enum: [short, long]}]
    request: {query: {text: "{text}"}}
    resource: {uri: "demo://notes/{text}"}
  big:
    description: Allowed while small
    method: GET
    path: /echo
    risk: {level: low, mutating: false}
    args: [{name: amount, type: integer, required: true}]
    request: {query: {text: "{amount}"}}
${actions}`;
}

export const policy = `version: 1.0.0
rules:
  - id: nobody-wipes
    priority: 1
    match: {actions: [demo.wipe]}
    decision: deny
  - id: no-big-ones
    description: Only small amounts
    priority: 1
    match: {actions: [demo.big]}
    conditions: [{field: args.amount, operator: gt, value: 100}]
    decision: deny
  - id: refunds-need-a-human
    priority: 2
    match: {actions: [demo.refund]}
    decision: require_approval
  - id: reads
    priority: 9
    match: {risk: [low]}
    decision: allow
`;
