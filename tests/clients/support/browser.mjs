// Headless Chromium, as an operator uses it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const kFlags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export class Browser {
  static async open() {
    const self = new Browser();
    self.profile = await mkdtemp(join(tmpdir(), 'kimbap-browser-'));
    self.context = await chromium.launchPersistentContext(self.profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: kFlags,
    });
    return self;
  }

  /// Signs in at the authorization server as `account` where it asks, and agrees where it asks; gives
  /// the text of the page that it all ends with.
  async allow(url, account) {
    return this.#walk(url, account, async (page) => page.click('button[type=submit]'));
  }

  /// Signs in, but refuses.
  async refuse(url, account) {
    return this.#walk(url, account, async (page) => page.click('a:has-text("Cancel")'));
  }

  async #walk(url, account, decide) {
    await this.context.clearCookies();
    const page = await this.context.newPage();
    try {
      await page.goto(url);
      for (let step = 0; step < 8; ++step) {
        const here = page.url();
        const text = await page.locator('body').innerText();
        if (await page.locator('input[name=login]').count()) {
          await page.fill('input[name=login]', account);
          await page.fill('input[name=password]', 'any');
          await Promise.all([page.waitForNavigation(), page.click('button[type=submit]')]);
        } else if (here.includes('/interaction/')) {
          await Promise.all([page.waitForNavigation(), decide(page)]);
        } else if (here.includes('/device') && await page.locator('button[type=submit]').count()) {
          await Promise.all([page.waitForNavigation(), page.click('button[type=submit]')]);
        } else {
          return text;
        }
      }
      throw new Error(`no end of pages: ${page.url()}`);
    } finally {
      await page.close();
    }
  }

  async close() {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true });
  }
}
