// A real authorization server (npm oidc-provider) and, behind the same people, an API that takes its
// access tokens: what a provider like Google or Linear is to kimbap.
import { once } from 'node:events';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const kClient = {
  client_id: 'kimbap',
  client_secret: 'kimbap-client-secret-5d1f',
  application_type: 'native', // loopback redirects at any port, RFC 8252
  redirect_uris: ['http://127.0.0.1/callback', 'http://127.0.0.1/v1/connections/callback'],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'],
  token_endpoint_auth_method: 'client_secret_basic',
};

export class AuthorizationServer {
  static async start() {
    const self = new AuthorizationServer();
    self.life = 3600; // of the next access tokens, in seconds
    self.grants = []; // grant_type of every token request that was granted
    self.refused = []; // error of every one that was not
    self.server = createServer((request, response) => self.provider.callback()(request, response));
    self.server.listen(0, '127.0.0.1');
    await once(self.server, 'listening');
    self.issuer = `http://127.0.0.1:${self.server.address().port}`;
    self.provider = new Provider(self.issuer, {
      clients: [kClient],
      features: {
        devInteractions: { enabled: true },
        deviceFlow: { enabled: true },
        clientCredentials: { enabled: true },
        revocation: { enabled: true },
      },
      pkce: { required: () => true },
      rotateRefreshToken: true,
      issueRefreshToken: async () => true,
      scopes: ['openid', 'offline_access', 'tickets'],
      claims: { openid: ['sub'] },
      ttl: { AccessToken: () => self.life, ClientCredentials: () => self.life, DeviceCode: 60, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 600, IdToken: 3600, AuthorizationCode: 60 },
    });
    self.provider.on('grant.success', (ctx) => self.grants.push(ctx.oidc.params.grant_type));
    self.provider.on('grant.error', (ctx, error) => self.refused.push(error.message));
    await self.#startApi();
    return self;
  }

  async #startApi() {
    this.tokens = []; // every access token that the API saw, once
    this.api = createServer(async (request, response) => {
      const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const token = await this.#token(bearer);
      if (!this.tokens.includes(bearer)) this.tokens.push(bearer);
      response.writeHead(token ? 200 : 401, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(token ? { account: token.accountId ?? 'the client itself', echo: request.headers.authorization } : { error: 'invalid_token' }));
    });
    this.api.listen(0, '127.0.0.1');
    await once(this.api, 'listening');
    this.apiUrl = `http://127.0.0.1:${this.api.address().port}`;
  }

  async #token(bearer) {
    return (await this.provider.AccessToken.find(bearer)) ?? (await this.provider.ClientCredentials.find(bearer));
  }

  /// Ends an access token before its time, as an administrator would.
  async end(bearer) {
    await (await this.#token(bearer)).destroy();
  }

  /// Takes back all that `account` granted: its refresh tokens are spent.
  async endGrantOf(bearer) {
    const token = await this.#token(bearer);
    await this.provider.RefreshToken.revokeByGrantId(token.grantId);
    await token.destroy();
  }

  granted(type) {
    return this.grants.filter((grant) => grant === type).length;
  }

  get secret() {
    return kClient.client_secret;
  }

  /// The provider as an operator declares it: everything else comes from the issuer's metadata.
  declaration(more = '') {
    return `name: acme
issuer: ${this.issuer}
flows: [authorization_code, device, client_credentials]
client: {authentication: client_secret_basic, id: kimbap}
scopes: [openid, offline_access]
origins: ["${this.apiUrl}"]
authorization_parameters: {prompt: consent}
${more}`;
  }

  async stop() {
    for (const server of [this.server, this.api]) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }
}
