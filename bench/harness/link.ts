/**
 * @file A network of a given speed between processes of one machine: loopback in a network of its own, held to so many bits a second.
 *
 * Loopback hands bytes over at the speed of memory, which no cable does. Both directions share the rate, and large segments are
 * held as packets of a cable would be, on the average: good for what a receiver takes, not for delays.
 */
import { spawnSync } from "node:child_process";

/** Set in the processes that run behind the link. */
const INSIDE = "FOVEA_BENCH_LINK";
/** More than one segment of loopback (64 KiB), so that the rate is reached. */
const BURST = "256kb";

/** Whether this process runs behind a link. */
export const isBehindLink = process.env[INSIDE] !== undefined;

/**
 * Runs this very command anew behind a link of `gigabits` a second, and ends with its exit code.
 *
 * @throws {Error} where that cannot be had
 */
export function rerunBehindLink(gigabits: number): never {
  const setUp = [
    "ip link set lo up",
    `tc qdisc add dev lo root tbf rate ${Math.round(gigabits * 1000)}mbit burst ${BURST} latency 100ms`,
    'exec "$@"',
  ].join(" && ");
  const root = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const again = ["sh", process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const { status, error } = spawnSync("unshare", ["--net", ...root, "sh", "-c", setUp, ...again], {
    stdio: "inherit",
    env: { ...process.env, [INSIDE]: String(gigabits) },
  });
  if (error !== undefined) {
    throw new Error(`a link is made by unshare, ip and tc of Linux (packages util-linux, iproute2); ${error.message}`);
  }
  process.exit(status ?? 1);
}
