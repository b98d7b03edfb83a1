// The console's people, with a person's hands: a passkey made and used, a recovery code that works once, and a viewer who may look.
import { expect, test } from '@playwright/test';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';
import { unseenErrors } from './errands.ts';

let server: ServerProcess;
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(() => server.close());

test('an owner signs in by a passkey and by a recovery code, and lets in a viewer who changes nothing', async ({
  browser,
}) => {
  // A passkey belongs to a name, and 127.0.0.1 is none.
  const named = (address: string): string => address.replace('127.0.0.1', 'localhost');
  const site = named(server.url);
  const page = await browser.newPage();
  const errors = unseenErrors(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const signOut = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
  };

  await page.goto(named(server.signInUrl));
  await page.waitForURL('**/console');
  await page.getByRole('link', { name: 'People' }).click();
  await expect(page.getByText('You are signed in as Owner, owner.')).toBeVisible();
  await page.getByLabel('Name of the passkey').fill('Laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Laptop' })).toContainText('Passkey');
  await page.getByRole('button', { name: 'Make recovery codes' }).click();
  const codes = (await page.locator('pre').innerText()).split('\n');
  expect(codes).toHaveLength(10);
  await signOut();

  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.waitForURL('**/console');
  await signOut();

  const byCode = async (): Promise<void> => {
    await page.getByLabel('Sign-in link, token or recovery code').fill(codes[0] ?? '');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  await byCode();
  await page.waitForURL('**/console');
  await signOut();
  await byCode();
  await expect(page.getByRole('alert').filter({ hasText: 'is not valid, or has been used' })).toBeVisible();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.waitForURL('**/console');

  await page.getByRole('link', { name: 'People' }).click();
  await page.getByLabel('Name of the person').fill('Vera');
  await page.getByLabel('Role', { exact: true }).selectOption('viewer');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const link = await page.locator('pre').innerText();
  const other = await (await browser.newContext()).newPage();
  await other.goto(named(link));
  await other.waitForURL('**/console');
  await other.goto(`${site}/console/people`);
  await expect(other.getByText('You are signed in as Vera, viewer.')).toBeVisible();
  await expect(other.getByRole('heading', { name: 'People', exact: true })).toBeHidden();
  const refused = await other.evaluate(async () => {
    const response = await fetch('/api/people');
    return response.status;
  });
  expect(refused).toBe(403);
  await other.goto(`${site}/console`);
  const create = other.getByRole('button', { name: 'New federation' });
  await expect(create).toHaveAttribute('aria-disabled', 'true');
  await expect(create).toHaveAccessibleDescription(/As a viewer you look, and change nothing/);
  await page.getByRole('button', { name: 'Remove Vera' }).click();
  const asked = page.getByRole('dialog', { name: 'Remove Vera' });
  await asked.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Vera' })).toHaveCount(1);
  await page.getByRole('button', { name: 'Remove Vera' }).click();
  await asked.getByRole('button', { name: 'Remove for good' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Vera' })).toHaveCount(0);
  await other.reload();
  await other.waitForURL('**/sign-in**');
  await page.getByRole('button', { name: 'Remove Laptop' }).click();
  const own = page.getByRole('dialog', { name: 'Remove Laptop?' });
  await own.getByRole('button', { name: 'Keep it' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Laptop' })).toHaveCount(1);
  await page.getByRole('button', { name: 'Remove Laptop' }).click();
  await own.getByRole('button', { name: 'Remove for good' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Laptop' })).toHaveCount(0);
  expect(errors).toEqual([]);
});
