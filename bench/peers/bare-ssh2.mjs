// What a tool written in Node cannot beat: connect with ssh2 to all hosts at once, send one script, read its output.
// node bare-ssh2.mjs KEY USER SCRIPT HOST[:PORT]...
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import ssh2 from "ssh2";

const [keyPath, username, scriptPath, ...hosts] = process.argv.slice(2);
const privateKey = readFileSync(keyPath);
const script = readFileSync(scriptPath);

async function run(target) {
  const [host, port = "22"] = target.split(":");
  const sock = connect({ host, port: Number(port), noDelay: true });
  const client = new ssh2.Client();
  await new Promise((resolve, reject) => {
    client.once("ready", resolve).once("error", reject);
    client.connect({
      sock,
      username,
      privateKey,
      authHandler: ["publickey"],
      algorithms: { kex: ["curve25519-sha256"] },
    });
  });
  const code = await new Promise((resolve, reject) => {
    client.exec("sudo sh -s", (error, stream) => {
      if (error) return reject(error);
      stream.once("close", resolve);
      stream.resume();
      stream.stderr.resume();
      stream.end(script);
    });
  });
  client.end();
  if (code !== 0) throw new Error(`${host}: exit code ${code}`);
}

await Promise.all(hosts.map(run));
