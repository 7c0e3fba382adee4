// An operator opens a decision link on a phone and approves. Pictures of what was seen stay in the
// folder `pictures` beside this file.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { chromium } from 'playwright-core';

import { kCredential, manifest, policy } from './support/demo.mjs';
import { Installation, eventually } from './support/kimbap.mjs';
import { Upstream } from './support/upstream.mjs';

const kHookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const kPhone = { width: 390, height: 844 };

let upstream;
let hook;
let events;
let kimbap;
let server;
let profile;
let browser;

before(async () => {
  upstream = await new Upstream(kCredential).start();
  events = [];
  hook = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      events.push(JSON.parse(body));
      response.end();
    });
  });
  await new Promise((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const hookUrl = `http://127.0.0.1:${hook.address().port}/`;
  kimbap = await Installation.create({
    manifest: manifest(upstream.port), policy,
    secrets: { 'demo.token': kCredential, 'notify.hook': kHookSecret },
    settings: `http: {public_url: "http://kimbap.example"}
approvals: {hold: 0s}
notify: [{name: to-alice, type: webhook, url: "${hookUrl}", secret_ref: notify.hook, operator: alice}]`,
  });
  server = await kimbap.serve();
  profile = await mkdtemp(join(tmpdir(), 'kimbap-browser-'));
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: kPhone,
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    javaScriptEnabled: false, // the page needs none
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  await mkdir('pictures', { recursive: true });
});
after(async () => {
  await browser?.close();
  if (profile) await rm(profile, { recursive: true, force: true });
  await kimbap?.remove();
  hook?.closeAllConnections();
  hook?.close();
  await upstream?.stop();
});

/// Has an agent ask for a refund, and gives the approval and the link that alice was sent.
async function ask(args) {
  const { stderr, stdout } = await kimbap.run(
    ['call', 'demo.refund', '--input', JSON.stringify(args)], { expect: 4 });
  const id = /apr_\w+/.exec(stdout + stderr)[0];
  const event = await eventually(
    () => events.find((one) => one.type === 'approval.requested' && one.data.id === id), 'the notification');
  return { id, link: event.data.decide_url.replace('http://kimbap.example', server.url) };
}

/// A page that collects what the browser complains of, and what it fetches.
async function open(link) {
  const page = await browser.newPage();
  page.complaints = [];
  page.fetched = [];
  page.on('console', (message) => page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('request', (request) => page.fetched.push(request.url()));
  await page.goto(link);
  return page;
}

async function fitsThePhone(page) {
  const box = await page.locator('main').boundingBox();
  assert.ok(box.width <= kPhone.width, `main is ${box.width} wide`);
  for (const button of await page.locator('button').all()) {
    const { x, width, height } = await button.boundingBox();
    assert.ok(x >= 0 && x + width <= kPhone.width, 'a button is out of the picture');
    assert.ok(height >= 44, `a button is ${height} high: too small for a thumb`);
  }
}

describe('the decision page on a phone', () => {
  it('shows the call, and approves it by a tap', async () => {
    const { id, link } = await ask({ order: 'A-1001', reason: 'The cup arrived broken; photo seen.' });
    const page = await open(link);
    await page.screenshot({ path: 'pictures/asked.png', fullPage: true });
    const text = await page.locator('main').innerText();
    for (const shown of ['demo.refund', 'high risk', 'A-1001', 'photo seen', 'desk', 'refunds-need-a-human', 'alice', id]) {
      assert.ok(text.includes(shown), `${shown} is not on the page:\n${text}`);
    }
    await fitsThePhone(page);
    assert.equal(upstream.seen('/v1/refunds/A-1001').length, 0);

    await page.getByLabel(/Reason/).fill('Looks right');
    await page.getByRole('button', { name: 'Approve' }).tap();
    await page.waitForURL(link);
    await page.locator('.state.approved').waitFor();
    await page.getByText('The call ran and succeeded.').waitFor(); // the page looks again by itself
    await page.screenshot({ path: 'pictures/approved.png', fullPage: true });
    assert.equal(await page.locator('button').count(), 0);
    assert.equal(upstream.seen('/v1/refunds/A-1001').length, 1);
    assert.deepEqual(page.complaints, []);
    const foreign = page.fetched.filter((url) => !url.startsWith(server.url));
    assert.deepEqual(foreign, []);
    const shown = await kimbap.json(['approval', 'show', id]);
    assert.deepEqual(
      shown.votes.map(({ operator, channel, proof, reason }) => ({ operator, channel, proof, reason })),
      [{ operator: 'alice', channel: 'to-alice', proof: 'link', reason: 'Looks right' }]);
    await page.close();
  });

  it('denies by a tap, and says so to whoever opens the link again', async () => {
    const { link } = await ask({ order: 'A-1002', reason: 'r' });
    const page = await open(link);
    await page.getByRole('button', { name: 'Deny' }).tap();
    await page.locator('.state.denied').waitFor();
    await page.reload();
    await page.locator('.state.denied').waitFor();
    assert.equal(upstream.seen('/v1/refunds/A-1002').length, 0);
    await page.close();
  });

  it('shows markup, hidden characters and long text harmlessly', async () => {
    const { link } = await ask({
      order: 'A-1003',
      reason: `<script>document.title="owned"</script><h1>Approved</h1><style>*{display:none}</style>\u202E0001${'x'.repeat(50000)}`,
    });
    const page = await open(link);
    await page.screenshot({ path: 'pictures/markup.png', fullPage: true });
    assert.equal(await page.locator('h1').count(), 1);
    assert.equal(await page.locator('script').count(), 0);
    const text = await page.locator('main').innerText();
    assert.ok(text.includes('\\u{202E}0001'), text);
    assert.ok(/Shortened: 500\d\d bytes in all/.test(text), text);
    await fitsThePhone(page);
    assert.deepEqual(page.complaints, []);
    await page.close();
  });

  it('is seen in the dark', async () => {
    const { link } = await ask({ order: 'A-1004', reason: 'r' });
    const page = await browser.newPage();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(link);
    await page.screenshot({ path: 'pictures/dark.png', fullPage: true });
    await page.close();
  });

  it('can be framed by nobody', async () => {
    const { link } = await ask({ order: 'A-1005', reason: 'r' });
    const page = await browser.newPage();
    await page.setContent(`<iframe src="${link}" width="380" height="800"></iframe>`);
    const frame = page.frames()[1];
    await eventually(() => frame.url() !== '', 'the frame');
    assert.equal(await frame.locator('button').count(), 0);
    await page.close();
  });

  it('refuses a link that was changed', async () => {
    const { link } = await ask({ order: 'A-1006', reason: 'r' });
    const page = await open(link.replace('to=alice', 'to=mallory'));
    await page.screenshot({ path: 'pictures/refused.png', fullPage: true });
    assert.ok((await page.locator('main').innerText()).includes('This link does not serve'));
    await page.close();
  });
});
