// A person with a table and a question, and no federation: brought, read through, told what is asked, kept, looked into.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { unseenErrors } from './errands.ts';
import { findings } from './findings.ts';
import { storedZip } from '../test/support/image-fixtures.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';
import { whistles } from '../src/lib/modalities/audio/sample-whistles.ts';

let server: ServerProcess;
/** Somebody else's server, with files that pages of other sites may read, and one that they may not. */
let elsewhere: Server;
const asked: IncomingHttpHeaders[] = [];
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  elsewhere = createServer(({ url, headers }, response) => {
    asked.push(headers);
    if (url !== '/closed.csv') response.setHeader('Access-Control-Allow-Origin', '*');
    if (url === '/moved.csv')
      response.writeHead(302, { Location: `http://localhost:${portOf(elsewhere)}/houses.csv` });
    else response.setHeader('Content-Type', url === '/about' ? 'text/html' : 'text/csv');
    response.end(houses);
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, resolve));
});
test.afterAll(async () => {
  elsewhere.close();
  await server.close();
});
const portOf = (of: Server): number => (of.address() as AddressInfo).port;

const houses = [
  'house,built,rooms,heating,comment,price',
  ...Array.from(
    { length: 240 },
    (_, i) =>
      `H${i},19${20 + (i % 70)}-0${1 + (i % 9)}-11,${2 + (i % 6)},${['gas', 'oil', 'wood'][i % 3]!},seen by ${i} people,${i === 7 ? '' : 90 + (i % 6) * 30 + (i % 3) * 7 + (i % 11)}`,
  ),
].join('\n');

test('a table of one’s own is read through, told what to predict, kept and explored; nothing is sent', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const sent: string[] = [];
  page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
  await page.goto(server.url);
  await page.getByRole('link', { name: 'Bring your own data' }).click();

  const files = page.getByRole('button', { name: 'Files', exact: true });
  await files.setInputFiles({ name: 'empty.csv', mimeType: 'text/csv', buffer: Buffer.from('a,a\n1,2\n') });
  await expect(page.getByRole('alert')).toContainText('The header names “a” twice.');

  // By the picker whose files can be read again another day: here one of the browser's own file system.
  await page.evaluate(async (text) => {
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle('houses.csv', { create: true });
    const writing = await file.createWritable();
    await writing.write(text);
    await writing.close();
    globalThis.showOpenFilePicker = () => Promise.resolve([file]);
  }, houses);
  await page.getByRole('button', { name: 'Choose files' }).click();
  const found = page.getByRole('group', { name: 'Check and keep' });
  await expect(found).toContainText('240 rows, 6 columns; all were read');
  await expect(found.getByLabel('What to predict')).toHaveValue('price');
  await expect(found.getByLabel('As', { exact: true })).toHaveValue('number');
  const column = (name: string) =>
    found.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
  await expect(column('built')).toContainText('Date or time');
  await expect(column('comment')).toContainText('Left out');
  await found.getByLabel('rooms is taken as').selectOption('Category');
  // Another question, and back: what was chosen of other columns stays.
  await found.getByLabel('What to predict').selectOption('heating');
  await expect(found.getByLabel('As', { exact: true })).toHaveValue('classes');
  await found.getByLabel('What to predict').selectOption('price');
  await expect(found.getByLabel('rooms is taken as')).toHaveValue('category');
  expect(await findings(page, 'own-data')).toEqual([]);

  await found.getByLabel('Name', { exact: true }).fill('Houses of our street');
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await expect(page.getByText('Read 239 rows in')).toBeVisible();
  await expect(page.getByText('Refused: 1')).toBeVisible();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();
  await expect(page.getByRole('heading', { name: 'Houses of our street', level: 1 })).toBeVisible();
  await expect(page.getByText('239 rows')).toBeVisible();

  const again = page.getByRole('button', { name: 'Read the file again' });
  await again.click();
  await expect(
    page.getByText('Nothing changed: the file holds what is here. 1 row of the file'),
  ).toBeVisible();
  await page.evaluate(async () => {
    const file = await (await navigator.storage.getDirectory()).getFileHandle('houses.csv');
    const lines = (await (await file.getFile()).text()).split('\n');
    const writing = await file.createWritable();
    await writing.write([lines[0], lines[1]?.replace('gas', 'oil'), ...lines.slice(3)].join('\n'));
    await writing.close();
  });
  await again.click();
  await expect(page.getByText(/^1 row of 239 is not in the file, and would go\./)).toBeVisible();
  await page.getByRole('button', { name: 'Take the file without it' }).click();
  await expect(page.getByText(/^1 row changed, .*1 row went: a new state\./)).toBeVisible();
  await expect(page.getByText('238 rows')).toBeVisible();
  await expect(page.getByText(/^Read again: houses\.csv/)).toBeVisible();
  expect(await findings(page, 'read-again')).toEqual([]);

  await page.goto(`${server.url}/me/data/new`);
  await page.getByRole('tab', { name: 'Paste' }).click();
  await page.getByLabel('Rows with a header line').fill('x\ty\n1\tno\n2\tyes\n3\tno\n');
  await page.getByRole('button', { name: 'Look at it' }).click();
  await expect(page.getByText('3 rows, 2 columns; all were read')).toBeVisible();
  await page.getByLabel('First line').selectOption('is a row');
  await expect(page.getByText('4 rows, 2 columns; all were read')).toBeVisible();

  // Before the browser's own make-believe camera: by a key, by the mouse; then as any folder of pictures.
  await page.getByRole('tab', { name: 'Camera' }).click();
  await page.getByRole('textbox', { name: 'Classes' }).fill('cup, Cup');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('“Cup” and “cup” read the same.');
  await page.getByRole('textbox', { name: 'Classes' }).fill('cup, hand');
  await page.getByRole('textbox', { name: 'Classes' }).press('Enter');
  await page.getByRole('button', { name: 'Turn the camera on' }).click();
  await expect(page.getByText('Camera is on')).toBeVisible();
  await expect.poll(() => page.locator('video').evaluate((el: HTMLVideoElement) => el.readyState)).toBe(4);
  const taken = (label: string) =>
    page.getByRole('list', { name: `Pictures of ${label}` }).getByRole('listitem');
  await expect(taken('cup')).toHaveCount(0);
  await page.keyboard.down('1');
  await expect(taken('cup').nth(3)).toBeVisible();
  await page.keyboard.up('1');
  await page.getByRole('button', { name: 'Hold to take pictures of hand' }).hover();
  await page.mouse.down();
  await expect(taken('hand').nth(3)).toBeVisible();
  await page.mouse.up();
  expect(await findings(page, 'own-camera')).toEqual([]);
  await page.keyboard.press('u');
  await expect(taken('hand')).toHaveCount(0);
  await page.keyboard.down('Space');
  await expect(taken('hand').nth(1)).toBeVisible();
  await page.keyboard.up('Space');
  await page.getByRole('button', { name: 'Remove picture 1 of cup' }).click();
  const stream = await page
    .locator('video')
    .evaluateHandle((el: HTMLVideoElement) => el.srcObject as MediaStream);
  await page.getByRole('button', { name: 'Look at them' }).click();
  await expect(found).toContainText('Pictures, labelled by their folders');
  await expect(found).toContainText('cup, hand');
  await expect(page.getByText('Camera is on')).toBeHidden();
  expect(await stream.evaluate((of) => of.getTracks().map((track) => track.readyState))).toEqual(['ended']);
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await expect(page.getByRole('link', { name: 'Explore it and train on it' })).toBeVisible();
  await expect(taken('cup')).toHaveCount(0);
  expect(sent).toEqual([]);
  expect(errors).toEqual([]);
});

test('a file is fetched from an address by a worker that is told nothing else; no page may', async ({
  page,
}) => {
  await page.goto(`${server.url}/me/data/new`);
  await page.getByRole('tab', { name: 'From an address' }).click();
  const address = page.getByLabel('Address of the file');
  const site = `http://127.0.0.1:${portOf(elsewhere)}`;
  for (const [path, reason] of [
    ['about', 'answered with a page, not with a file'],
    ['closed.csv', 'does not let pages of other sites read its files'],
  ] as const) {
    await address.fill(`${site}/${path}`);
    await address.press('Enter');
    await expect(page.getByRole('alert')).toContainText(reason);
  }
  await address.fill(`${site}/moved.csv`);
  await page.getByRole('button', { name: 'Fetch it' }).click();
  const found = page.getByRole('group', { name: 'Check and keep' });
  await expect(found).toContainText('240 rows, 6 columns; all were read');
  await expect(found.getByLabel('Name', { exact: true })).toHaveValue('moved.csv');
  await expect(page.getByText(/led on to localhost:\d+, which gave the file/)).toBeVisible();
  expect(await findings(page, 'from-address')).toEqual([]);
  expect(asked.length).toBe(4);
  for (const { cookie, referer, origin } of asked) {
    expect([cookie, referer]).toEqual([undefined, undefined]);
    // By this the other server decides; a redirect takes even that away.
    expect([server.url, 'null']).toContain(origin);
  }
  // The page's own policy is as it was.
  const reached = await page.evaluate(
    (url) =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    `${site}/houses.csv`,
  );
  expect(reached).toBe(false);
  expect(asked.length).toBe(4);
  // Once kept, it is had again from where it came.
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();
  await page.getByRole('button', { name: 'Read the file again' }).click();
  await expect(page.getByText('Nothing changed: the file holds what is here.')).toBeVisible();
  expect(asked.length).toBe(6);
});

const dishes = ['soup', 'bread', 'fish', 'salad', 'cheese', 'pasta', 'cake', 'rice'];
const visits = [
  'note,again',
  ...Array.from({ length: 64 }, (_, i) => {
    const isGood = i % 2 === 0;
    const dish = dishes[(i * 5) % 8]!;
    return `"On our visit ${i} the ${dish} was ${isGood ? 'wonderful' : 'dreadful'}, and the ${dishes[(i * 3 + 1) % 8]!} came ${isGood ? 'warm and quickly' : 'cold and late'} to the table.",${isGood ? 'yes' : 'no'}`;
  }),
].join('\n');

test('prose is brought, read through, labelled by keyboard, a passage marked, learnt from, and a prediction explained by its words', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  await page.goto(`${server.url}/me/data/new`);
  const files = page.getByRole('button', { name: 'Files', exact: true });
  const found = page.getByRole('group', { name: 'Check and keep' });
  // The same as files of their own, in a folder for each class.
  const letters = visits.split('\n').slice(1);
  const zip = letters.map((line, at) => ({
    path: `visits/${line.endsWith('yes') ? 'again' : 'never'}/${at}.txt`,
    bytes: Buffer.from(line.slice(1, line.lastIndexOf('"'))),
  }));
  await files.setInputFiles({
    name: 'visits.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from(storedZip(zip)),
  });
  await expect(found).toContainText('64 rows, 2 columns; all were read');
  await expect(found.getByLabel('What to predict')).toHaveValue('label');
  await expect(found.getByLabel('text is taken as')).toHaveValue('text');
  await files.setInputFiles({ name: 'visits.csv', mimeType: 'text/csv', buffer: Buffer.from(visits) });
  await expect(found.getByLabel('note is taken as')).toHaveValue('text');
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();
  const column = page.getByRole('region', { name: 'note' });
  await expect(column).toContainText('Different words');
  await expect(column.getByRole('list', { name: 'Texts of note that hold a word' })).toContainText(
    'wonderful',
  );
  expect(await findings(page, 'text-explored')).toEqual([]);

  const dataset = new URL(page.url()).pathname;
  await page.goto(`${server.url}${dataset}/label?of=all`);
  const bench = page.getByRole('region', { name: 'The row to label' });
  const shown = bench.getByRole('region', { name: /^note of Row / });
  for (let done = 0; done < 12; done += 1) {
    await expect(bench.getByText(`${done} of 64`)).toBeVisible();
    const isGood = (await shown.textContent())?.includes('wonderful') === true;
    await page.keyboard.press(isGood ? '2' : '1');
  }
  await expect(bench.getByText('12 of 64')).toBeVisible();

  // A passage by keys alone: the second word and the third, called by a key; the same once more is refused with the reason.
  await page.getByLabel('Classes of passages').fill('time, dish');
  await page.getByLabel('Classes of passages').press('Tab');
  const text = page.getByRole('textbox', { name: /^Text of row / });
  await text.focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowRight', '1']) await text.press(key);
  const passages = page.getByRole('listitem').filter({ hasText: /^(time|dish) / });
  await expect(passages).toHaveText([/^time “our visit” 3–12/]);
  await text.press('Shift+ArrowRight');
  await text.press('1');
  await expect(page.getByRole('alert').filter({ hasText: 'Not marked' })).toContainText('mark both together');
  // By mouse: a click takes the selection back, and nothing is marked; a double click takes “our”, of another class over it.
  const our = { position: { x: 46, y: 24 } };
  await text.click(our);
  await page.keyboard.press('2');
  await expect(page.getByRole('alert').filter({ hasText: 'Not marked' })).toContainText('Mark some letters');
  await text.dblclick(our);
  await page
    .getByRole('group', { name: 'Call the marked passage' })
    .getByRole('button', { name: '2 dish' })
    .click();
  await expect(passages).toHaveText([/^time “our visit” 3–12/, /^dish “our” 3–6/]);
  expect(await findings(page, 'text-labelled')).toEqual([]);
  await page.getByRole('button', { name: 'Undo the passage' }).click();
  await expect(passages).toHaveCount(1);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save all as JSON lines' }).click();
  expect((await saved).suggestedFilename()).toMatch(/-passages\.jsonl$/);

  await page.goto(`${server.url}${dataset}`);
  await page.getByRole('button', { name: 'Train a model on this' }).click();
  await page.getByRole('combobox', { name: 'Model' }).selectOption('logistic');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByText(/^(There is a signal|No signal)$/)).toBeVisible({ timeout: 60_000 });
  await page.goto(`${server.url}/me/runs`);
  await page.getByRole('table', { name: 'Runs in this browser' }).getByRole('link').click();
  await page
    .getByRole('textbox', { name: 'Rows' })
    .fill('note\n"The soup was wonderful, though the bread came late to the table."');
  await page.getByRole('button', { name: 'Predict' }).click();
  await expect(page.locator('mark', { hasText: 'wonderful' })).toBeVisible();
  await expect(page.getByRole('paragraph').filter({ hasText: /^\s*For it:/ })).toContainText('wonderful');
  expect(await findings(page, 'text-explained')).toEqual([]);
  expect(errors).toEqual([]);
});

test('recordings are brought, seen, heard, labelled by keys; a table with dates is drawn and foretold from windows', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const sounds = [];
  for (const { path, size, read } of whistles(3, 24))
    sounds.push({ path: `all/${path.replace('whistle', 'anna')}`, bytes: await read(0, size) });
  // Of one nobody says what it is.
  const unnamed = { path: 'all/unnamed.wav', bytes: sounds[0]!.bytes };
  await page.goto(`${server.url}/me/data/new`);
  const files = page.getByRole('button', { name: 'Files', exact: true });
  const zip = Buffer.from(storedZip([...sounds.slice(1), unnamed]));
  await files.setInputFiles({ name: 'whistles.zip', mimeType: 'application/zip', buffer: zip });
  const found = page.getByRole('group', { name: 'Check and keep' });
  await expect(found).toContainText('Recordings, labelled by their folders or names');
  await expect(found).toContainText('falling, rising, steady, trembling');
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await page.getByRole('button', { name: 'Keep them without a label' }).click();
  // The link of the import before is there until this one is done.
  await expect(page.getByRole('button', { name: 'Keep them without a label' })).toBeHidden();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();
  await expect(page.getByText('24 recordings')).toBeVisible();
  await page.getByRole('button', { name: 'Play recording 24', exact: true }).click();
  await expect(page.getByText('Not heard')).toBeHidden();
  expect(await findings(page, 'own-sound')).toEqual([]);
  await page.goto(`${page.url()}/label`);
  await expect(page.getByRole('img', { name: 'Recording 24' })).toBeVisible();
  await page.keyboard.press('Space');
  await page.keyboard.press('2');
  await expect(page.getByText('All of these are judged.')).toBeVisible();
  await expect(page.getByText('Not heard')).toBeHidden();

  // A model of them says of files what they are, and names the one that is no recording.
  await page.goto(page.url().replace(/\/label$/, ''));
  await page.getByRole('button', { name: 'Train a model' }).click();
  const training = page.locator('#train');
  await training.getByLabel('Model', { exact: true }).selectOption('softmax');
  await training.getByRole('button', { name: 'Train', exact: true }).click();
  await training.getByRole('link', { name: 'This run is kept' }).click();
  const trial = page.getByLabel('Files to ask about');
  await trial.setInputFiles([
    { name: 'new.zip', mimeType: 'application/zip', buffer: zip },
    { name: 'notes.wav', mimeType: 'audio/wav', buffer: Buffer.from('no sound') },
  ]);
  const answers = page.getByRole('table', { name: '24 predictions' });
  await expect(answers.getByRole('row').nth(24)).toContainText('new.zip/all/unnamed.wav');
  await expect(page.getByText(/^notes\.wav: /)).toBeVisible();

  // A year of days: a wave of weeks, one week of it lost.
  const days = Array.from({ length: 365 }, (_, day) => ({
    day: new Date(Date.UTC(2023, 0, 1 + day)).toISOString().slice(0, 10),
    visits: 100 + 40 * Math.sin((2 * Math.PI * day) / 7) + (day % 5),
  }));
  const kept = days.filter((_, at) => at < 100 || at >= 107);
  const csv = ['day,visits', ...kept.map(({ day, visits }) => `${day},${visits.toFixed(1)}`)].join('\n');
  await page.goto(`${server.url}/me/data/new`);
  await files.setInputFiles({ name: 'visits.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();
  await expect(page.getByText('365 steps of 1 day; 7 (1.9 %) have no value')).toBeVisible();
  await expect(page.getByText('7 from 2023-04-11')).toBeVisible();
  await page.getByRole('button', { name: 'Train a model' }).click();
  await training.getByRole('checkbox', { name: 'As a time series' }).check();
  await training.getByLabel('Steps looked back').fill('14');
  await training.getByLabel('Steps ahead').press('Enter');
  await expect(training).toContainText('none of which shares a moment with one to learn from');
  await training.getByLabel('Model', { exact: true }).selectOption('linear');
  await training.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(training).toContainText('As a season ago');
  await expect(training).toContainText('This run is kept');
  expect(await findings(page, 'own-series')).toEqual([]);
  await training.getByRole('link', { name: 'This run is kept' }).click();
  await page
    .getByRole('textbox', { name: 'Rows' })
    .fill(['day,visits', ...csv.split('\n').slice(-14)].join('\n'));
  await page.getByRole('button', { name: 'Predict' }).click();
  await expect(page.getByRole('table', { name: '1 prediction' })).toContainText('2024-01-01');
  const predictions = page.waitForEvent('download');
  await page.getByRole('region', { name: 'Try it' }).getByRole('button', { name: 'Save as CSV' }).click();
  expect((await predictions).suggestedFilename()).toMatch(/-predictions\.csv$/);
  await page.getByRole('button', { name: 'Look closer' }).click();
  await page.getByRole('tab', { name: 'Forecast' }).click();
  await expect(
    page.getByText(/The latest \d+ steps that judged the model,\s+2023-\d\d-\d\d to 2023-12-31/),
  ).toBeVisible();
  await expect(page.getByRole('slider', { name: 'visits, cursor' })).toBeVisible();
  expect(await findings(page, 'own-foretold')).toEqual([]);

  // The same days of two shops, one drawn at a time; no window reaches from one into the other.
  const shops = kept.flatMap(({ day, visits }, at) => [
    `${day},${visits.toFixed(1)},north`,
    ...(at < 200 ? [`${day},${(visits * 3).toFixed(1)},south`] : []),
  ]);
  await page.goto(`${server.url}/me/data/new`);
  const shopCsv = ['day,visits,shop', ...shops].join('\n');
  await files.setInputFiles({ name: 'shops.csv', mimeType: 'text/csv', buffer: Buffer.from(shopCsv) });
  await page.getByRole('combobox', { name: 'To predict' }).selectOption('visits');
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();
  await expect(page.getByText('Say which column tells the series apart')).toBeVisible();
  const drawn = page.getByRole('region', { name: 'Over time' });
  await drawn.getByLabel('Series told apart by').selectOption('shop');
  await drawn.getByLabel('Series', { exact: true }).selectOption('south');
  await expect(
    drawn.getByRole('img', { name: /^south: visits from 2023-01-01 to 2023-07-26/ }),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Train a model' }).click();
  await training.getByRole('checkbox', { name: 'As a time series' }).check();
  await training.getByLabel('Series told apart by').selectOption('shop');
  await expect(training).toContainText('the latest windows of all series');
  expect(await findings(page, 'own-several-series')).toEqual([]);

  // How the device moves, each recording a series: as if by a sensor whose time goes by ten times as fast.
  await page.goto(`${server.url}/me/data/new`);
  await page.context().grantPermissions(['accelerometer', 'gyroscope']);
  await page.getByRole('tab', { name: 'Motion' }).click();
  await page.getByRole('textbox', { name: 'Classes' }).fill('rest, shake');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByLabel('Seconds of a recording').selectOption('5');
  await page.getByLabel('Counted down from').selectOption('at once');
  await page.evaluate(() => {
    let at = 0;
    const tell = (): void => {
      at += 20;
      const x = document.body.dataset['moves'] === 'shake' ? 8 * Math.sin(at / 60) : 0.1;
      const acceleration = { x, y: 0, z: 0 };
      const rotationRate = { alpha: 0, beta: x, gamma: 0 };
      const event = new DeviceMotionEvent('devicemotion', { acceleration, rotationRate });
      Object.defineProperty(event, 'timeStamp', { value: at });
      dispatchEvent(event);
    };
    setInterval(() => Array.from({ length: 10 }).forEach(tell), 20);
  });
  await page.getByRole('button', { name: 'Turn the sensor on' }).click();
  await expect(page.getByText('Told 50 times a second, without gravity.')).toBeVisible();
  for (const label of ['rest', 'shake']) {
    await page.evaluate((moves) => (document.body.dataset['moves'] = moves), label);
    await page.getByRole('button', { name: `Record ${label}` }).click();
    const last = page.getByRole('group', { name: 'The last recording' });
    await expect(last).toContainText(`${label}: 251 samples, 50 a second`);
    await last.getByRole('button', { name: 'Keep' }).click();
  }
  expect(await findings(page, 'own-motion')).toEqual([]);
  await page.getByRole('button', { name: 'Look at them' }).click();
  await expect(found).toContainText('500 rows, 9 columns; all were read');
  await expect(found.getByLabel('What to predict')).toHaveValue('label');
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();
  await drawn.getByLabel('Series told apart by').selectOption('series');
  await drawn.getByLabel('Series', { exact: true }).selectOption('recording 2');
  await expect(drawn.getByRole('img', { name: /^recording 2: ax from 1970-01-01/ })).toBeVisible();
  await page.getByRole('button', { name: 'Train a model' }).click();
  await training.getByRole('checkbox', { name: 'As a time series' }).check();
  await training.getByLabel('Series told apart by').selectOption('series');
  await expect(training).toContainText('“label” is the same throughout each series');
  expect(errors).toEqual([]);
});

/** Two kinds of plants, whose measures go together; which kind a plant is stands in no column but one. */
const plants = [
  'plant,height,leaves,soil,kind',
  ...Array.from({ length: 90 }, (_, row) => {
    const isTree = row % 3 === 0;
    return `${101 + row},${((isTree ? 20 : 2) + ((row * 37) % 19) / 10).toFixed(1)},${(isTree ? 400 : 40) + ((row * 53) % 31)},${isTree ? 'clay' : 'sand'},${isTree ? 'tree' : 'bush'}`;
  }),
].join('\n');

test('groups are found without a target, held against a column, kept, had again to the bit, and asked of new rows', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const sent: string[] = [];
  page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
  await page.goto(`${server.url}/me/data/new`);
  const files = page.getByRole('button', { name: 'Files', exact: true });
  const found = page.getByRole('group', { name: 'Check and keep' });
  await files.setInputFiles({ name: 'plants.csv', mimeType: 'text/csv', buffer: Buffer.from(plants) });
  await expect(found).toContainText('90 rows, 5 columns');
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();

  // Where a model is trained, nothing to predict is a choice too.
  await page.getByRole('button', { name: 'Train a model on this' }).press('Enter');
  await page.getByRole('combobox', { name: 'To predict' }).selectOption('Nothing: find groups of rows');
  const workbench = page.getByRole('region', { name: 'Find groups in this' });
  await expect(workbench.getByRole('combobox', { name: 'To do' })).toBeFocused();
  await expect(workbench.getByText('“kind” is left out: the groups are held against it.')).toBeVisible();
  await expect(workbench.getByText('“plant” is left out: it seems to name rows')).toBeVisible();
  await expect(workbench.getByText('Columns: 3 used, 2 left out')).toBeVisible();
  await workbench
    .getByRole('combobox', { name: 'Groups', exact: true })
    .selectOption('2 to 10, by their silhouette');
  await workbench.getByRole('button', { name: 'Find groups' }).press('Enter');
  await expect(workbench.getByText('There are groups')).toBeVisible();
  await expect(workbench.getByText(/^Adjusted Rand index 1\.000/)).toBeVisible();
  const like = workbench.getByRole('table', { name: /^The middle of each group/ });
  await expect(like.getByRole('row', { name: /^Rows/ })).toContainText('60 (67 %)');
  const plane = page.getByRole('region', { name: 'Rows in their groups' });
  await expect(plane.getByRole('table', { name: /^Typical rows/ })).toBeVisible();
  expect(await findings(page, 'groups')).toEqual([]);

  await workbench.getByRole('link', { name: 'This run is kept' }).click();
  await expect(page.getByRole('heading', { name: '2 groups by k-means', level: 1 })).toBeVisible();
  await page.getByLabel('Rows', { exact: true }).fill('height,leaves,soil\n19,390,clay\n2.5,,sand');
  await page.getByRole('button', { name: 'Predict' }).click();
  const says = page.getByRole('table', { name: '2 predictions' });
  await expect(says.getByRole('row').nth(1)).toContainText('group 2');
  await expect(says.getByRole('row').nth(2)).toContainText('group 1');
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(page.getByText('Every bit of the model is as before', { exact: true })).toBeVisible();
  expect(await findings(page, 'groups-run')).toEqual([]);
  await page.goto(`${server.url}/me/runs`);
  await expect(page.getByRole('link', { name: '2 groups by k-means' })).toHaveCount(2);
  expect(sent).toEqual([]);
  expect(errors).toEqual([]);
});
