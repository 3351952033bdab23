// Loaded into a measured program (`node --require`): how much of its main thread's CPU each turn of the event loop takes. Time in which the
// system ran something else does not count, so it is the program's own stalls. Writes the 99th percentile in milliseconds to LOOP_TURNS_FILE.
const fs = require("node:fs");

const status = fs.openSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, "r");
const buffer = Buffer.alloc(64);
/** Nanoseconds on the CPU (Documentation/scheduler/sched-stats.rst). */
const ranFor = () => Number(buffer.toString("latin1", 0, fs.readSync(status, buffer, 0, 64, 0)).split(" ")[0]);

const turns = [];
let last = ranFor();
setInterval(() => {
  const now = ranFor();
  turns.push((now - last) / 1e6);
  last = now;
}, 10).unref();

process.on("exit", () => {
  turns.sort((a, b) => a - b);
  fs.writeFileSync(process.env.LOOP_TURNS_FILE, String(turns[Math.floor(turns.length * 0.99)] ?? 0));
});
