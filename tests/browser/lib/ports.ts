// Free ports for servers of the tests.
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Where servers listen: below what Linux gives to sockets that ask for no number, so that nothing takes it between two lives. */
const FIRST_PORT = 16_384;
const LAST_PORT = 32_767;
const PORT_ATTEMPTS = 100;

/** A port that nobody uses, for connections or for datagrams: the media port takes both. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if ((await isFreeForConnections(port)) && (await isFreeForDatagrams(port))) return port;
  }
  throw new Error(`no free port among ${PORT_ATTEMPTS} of ${FIRST_PORT} to ${LAST_PORT}`);
}

function isFreeForConnections(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}

function isFreeForDatagrams(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createSocket("udp4");
    socket.once("error", () => socket.close(() => done(false)));
    socket.bind(port, "127.0.0.1", () => socket.close(() => done(true)));
  });
}
