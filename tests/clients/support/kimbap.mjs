// An installation of kimbap in a temporary folder, and the processes that run from it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const binary = process.env.KIMBAP;
if (!binary) throw new Error('KIMBAP must name the binary');

const kPatienceMs = 20000;

/// Rejects where `promise` takes longer than any healthy run would.
export function within(promise, what, ms = kPatienceMs) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/// Asks until `look` gives something.
export async function eventually(look, what) {
  const deadline = Date.now() + kPatienceMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class Installation {
  static async create({ manifest, policy, secrets = {}, settings = '' }) {
    const self = new Installation();
    self.folder = await mkdtemp(join(tmpdir(), 'kimbap-clients-'));
    self.config = self.path('kimbap.yaml');
    self.children = new Set();
    await self.run(['init']);
    await self.configure('kimbap.yaml', settings);
    if (manifest) await writeFile(self.path('manifests/demo.yaml'), manifest);
    await writeFile(self.path('internal/policy/default.yaml'), policy);
    for (const [name, value] of Object.entries(secrets)) await self.run(['vault', 'set', name], { input: value });
    return self;
  }

  path(name) {
    return join(this.folder, name);
  }

  /// Writes a configuration beside the others, over the same data.
  async configure(name, settings) {
    await writeFile(this.path(name), `data_dir: ./data
manifests: [manifests]
policies: [internal/policy]
vault: {secret_file: vault.secret, pbkdf2_iterations: 100000}
stdio: {agent: desk, roles: [tester]}
log: {level: info}
${settings}
`);
    return this.path(name);
  }

  /// Runs a command to its end and gives its output; throws where it fails.
  async run(args, { input = '', config = this.config, expect = 0 } = {}) {
    const child = spawn(binary, ['--config', config, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    // A command that wants no input may have ended before it got any.
    child.stdin.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
    });
    child.stdin.end(input);
    const [code] = await within(once(child, 'close'), `kimbap ${args.join(' ')}`);
    if (code !== expect) throw new Error(`kimbap ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return { stdout, stderr };
  }

  async json(args, options) {
    return JSON.parse((await this.run([...args, '--json'], options)).stdout);
  }

  async token(agent = 'desk', ...more) {
    return (await this.json(['token', 'create', '--agent', agent, '--role', 'tester', ...more])).token;
  }

  /// Starts `kimbap serve` and waits until it says where it listens.
  async serve({ config = this.config, listen = '127.0.0.1:0' } = {}) {
    const child = spawn(binary, ['--config', config, 'serve', '--listen', listen], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.children.add(child);
    const server = { child, log: '' };
    const listening = new Promise((resolve, reject) => {
      child.stderr.on('data', (data) => {
        server.log += data;
        const found = /listen=(\S+)/.exec(server.log);
        if (found) resolve(found[1].replace(/"/g, ''));
      });
      child.once('close', () => reject(new Error(`kimbap serve ended: ${server.log}`)));
    });
    server.address = await within(listening, 'kimbap serve');
    server.url = `http://${server.address}`;
    server.stop = async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await within(once(child, 'close'), 'the end of kimbap serve');
      }
      this.children.delete(child);
      return child.exitCode;
    };
    return server;
  }

  /// The identifier of the approval that waits for `action`, once there is one.
  async pending(action, except = []) {
    return eventually(async () => {
      const { approvals } = await this.json(['approval', 'list', '--state', 'pending']);
      return approvals.find((one) => one.action === action && !except.includes(one.id))?.id;
    }, `an approval for ${action}`);
  }

  /// Replaces the manifest as editors do: by a new file under the old name.
  async edit(manifest) {
    await writeFile(this.path('manifests/.new'), manifest);
    await rename(this.path('manifests/.new'), this.path('manifests/demo.yaml'));
  }

  async remove() {
    for (const child of this.children) child.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}
