// Signing in and out, and what belongs to whoever has signed in.
export async function signIn(walk) {
  await walk.step('sign-in', async page => {
    await walk.open('/catalog');
    await page.getByRole('button', { name: 'Enter' }).click();
    await walk.see('Acme Catalog', 'Owned Components');
  });
  await walk.step('reload-keeps-session', async () => {
    await walk.open('/catalog');
    await walk.see('Owned Components');
  });
}

export async function settings(walk) {
  await walk.step('settings', async () => {
    await walk.open('/settings');
    await walk.see('Backstage Identity', 'user:development/guest', 'Ownership Entities', /^Platform$/);
  });
  await walk.step('notifications', async () => {
    await walk.open('/notifications');
    await walk.see('No records to display');
  });
}

export async function signOut(walk) {
  await walk.step('sign-out', async page => {
    await walk.open('/settings');
    await page.getByTestId('user-settings-menu').click();
    await page.getByText('Sign Out').click();
    await page.getByRole('button', { name: 'Enter' }).waitFor();
  });
}
