// The process that crash.test.ts kills: the server without pages, on the port and data directory given.
import { startServer } from '../../server/main.ts';

const [port = '0', data = ''] = process.argv.slice(2);
const server = await startServer({
  host: '127.0.0.1',
  port: Number(port),
  data,
  pages: 'none',
  logLevel: 'warn',
});
console.log(server.signInUrl);
