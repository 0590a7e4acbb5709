// What a page loads must stay small: minified and compressed, as a web server sends it.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { transformSync } from 'esbuild';

const FOLDER = new URL('../../../../../clients/js/', import.meta.url);

/** In bytes. */
const SIZE_MAX = { 'fanfare.js': 6000, 'relay.js': 1000 };

for (const [file, sizeMax] of Object.entries(SIZE_MAX)) {
  const { code } = transformSync(readFileSync(new URL(file, FOLDER), 'utf8'), { minify: true, format: 'esm' });
  const size = gzipSync(code, { level: 9 }).length;
  console.log(`${file}: ${size} bytes minified and compressed, at most ${sizeMax}`);
  if (size > sizeMax) process.exitCode = 1;
}
