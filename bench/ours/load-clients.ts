/**
 * @file Clients of a service, in a process of their own: each sends one image after another over one connection.
 *
 * Each line of its input is a `LoadOrder`, answered by one line, a `LoadAnswer`, when the turn is over. Bodies are made beforehand; answers are read to the end.
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { basename } from "node:path";
import { createInterface } from "node:readline";

import type { LoadAnswer, LoadOrder } from "../harness/load-turn";

const BOUNDARY = "fovea-bench-0123456789";

interface Body {
  readonly name: string;
  readonly bytes: Buffer;
}

function bodyOf(path: string): Body {
  const name = basename(path);
  const type = name.endsWith(".png") ? "image/png" : "image/jpeg";
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
  return {
    name,
    bytes: Buffer.concat([Buffer.from(head), readFileSync(path), Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]),
  };
}

function send(url: string, agent: Agent, { bytes }: Body): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": `multipart/form-data; boundary=${BOUNDARY}`, "content-length": bytes.length };
    const asked = request(url, { method: "POST", agent, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
    });
    asked.on("error", reject);
    asked.end(bytes);
  });
}

async function turn({ url, clients, seconds, files }: LoadOrder): Promise<LoadAnswer> {
  const bodies = files.map(bodyOf);
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  const counts: Record<string, number> = {};
  const errors: string[] = [];
  let next = 0;
  const begin = performance.now();
  const end = begin + 1000 * seconds;
  const client = async () => {
    // Without a time each image is sent once.
    while (seconds > 0 ? performance.now() < end : next < bodies.length) {
      const body = bodies[next++ % bodies.length];
      const sent = performance.now();
      try {
        const { status, text } = await send(url, agent, body);
        times.push(performance.now() - sent);
        if (status !== 200) errors.push(`${status} ${text.slice(0, 200)}`);
        else if (seconds === 0) counts[body.name] = JSON.parse(text).detection_count;
      } catch (error) {
        errors.push(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const ms = performance.now() - begin;
  agent.destroy();
  return { ms, times, counts, errors: errors.slice(0, 5), failed: errors.length };
}

process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of createInterface(process.stdin)) {
  process.stdout.write(`${JSON.stringify(await turn(JSON.parse(line)))}\n`);
}
