import { expect, test } from 'vitest';
import { fileBehind } from './share-links.ts';

const behind = (address: string): string => {
  const found = fileBehind(new URL(address));
  return found.ok ? found.value.href : found.error;
};

test.each([
  [
    'https://github.com/mwaskom/seaborn-data/blob/master/penguins.csv',
    'https://raw.githubusercontent.com/mwaskom/seaborn-data/master/penguins.csv',
  ],
  [
    'https://github.com/a/b/raw/refs/heads/main/my%20data/t.csv?plain=1#L2',
    'https://raw.githubusercontent.com/a/b/refs/heads/main/my%20data/t.csv',
  ],
  ['https://gist.github.com/ada/0a1b2c3d', 'https://gist.githubusercontent.com/ada/0a1b2c3d/raw'],
  [
    'https://gitlab.com/group/sub/project/-/blob/main/data/a%20b.csv?ref_type=heads',
    'https://gitlab.com/api/v4/projects/group%2Fsub%2Fproject/repository/files/data%2Fa%20b.csv/raw?ref=main',
  ],
  [
    'https://huggingface.co/datasets/scikit-learn/iris/blob/main/Iris.csv',
    'https://huggingface.co/datasets/scikit-learn/iris/resolve/main/Iris.csv',
  ],
  [
    'https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/edit?gid=7#gid=42',
    'https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/export?format=csv&gid=42',
  ],
  [
    'https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/edit?usp=sharing',
    'https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/export?format=csv',
  ],
  [
    'https://zenodo.org/records/3960218/files/penguins.csv?download=1',
    'https://zenodo.org/api/records/3960218/files/penguins.csv/content',
  ],
  [
    'https://www.dropbox.com/scl/fi/ab12/wards.csv?rlkey=k%26y&st=x&dl=0',
    'https://dl.dropboxusercontent.com/scl/fi/ab12/wards.csv?rlkey=k%26y',
  ],
  ['https://www.dropbox.com/s/ab12/wards.csv?dl=0', 'https://dl.dropboxusercontent.com/s/ab12/wards.csv'],
  ['s3://open-data/2026/a.parquet', 'https://open-data.s3.amazonaws.com/2026/a.parquet'],
  ['s3://open.data.org/2026/a.csv', 'https://s3.amazonaws.com/open.data.org/2026/a.csv'],
  ['gs://open-data/a.csv', 'https://storage.googleapis.com/open-data/a.csv'],
])('the file behind %s is asked for at %s', (page, file) => {
  expect(behind(page)).toBe(file);
});

test.each([
  'https://raw.githubusercontent.com/a/b/main/t.csv',
  'https://github.com/a/b',
  'https://zenodo.org/records/3960218',
  'https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/gviz/tq?tqx=out:csv&sheet=Ward',
  'https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/export?format=csv&range=A1:C9',
  'https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/pub?output=csv&gid=3',
  'https://example.org/github.com/a/b/blob/main/t.csv',
  'https://github.com.example.org/a/b/blob/main/t.csv',
  'http://localhost:8000/github.com/a/b/blob/main/t.csv',
])('%s is left as it is', (address) => {
  expect(behind(address)).toBe(address);
});

test.each([
  ['https://www.kaggle.com/datasets/uciml/iris', /Kaggle gives files only to those who are signed in/],
  ['https://gist.github.com/ada/0a1b2c3d#file-b-csv', /one file is meant\. Press “Raw”/],
  ['https://drive.google.com/file/d/1aB/view', /Google Drive lets no page of another site/],
  ['https://hospital-my.sharepoint.com/:x:/g/1', /SharePoint let no page/],
  ['s3://open-data/', /bucket and the name of the file, as s3:\/\/bucket/],
])('%s is refused before anything is asked', (address, reason) => {
  expect(behind(address)).toMatch(reason);
});
