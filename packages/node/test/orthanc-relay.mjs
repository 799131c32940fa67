/**
 * Runs inside Orthanc's network namespace, whose loopback nobody outside can reach: carries connections over sockets of the file
 * system, which know no namespaces.
 *
 * Arguments: `FROM=TO` pairs, each a port of this loopback or the path of a socket.
 */
import { connect, createServer } from "node:net";

const address = (text) => (/^\d+$/.test(text) ? { host: "127.0.0.1", port: Number(text) } : { path: text });

for (const pair of process.argv.slice(2)) {
  const [from, to] = pair.split("=");
  createServer((near) => {
    const far = connect(address(to));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      one.pipe(other);
      one.on("error", () => other.destroy()).on("close", () => other.destroySoon());
    }
  }).listen(address(from));
}
