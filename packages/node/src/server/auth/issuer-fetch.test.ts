import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { IssuerFetch, secureAddress } from "./issuer-fetch";

const servers: Server[] = [];
afterEach(() => {
  for (const one of servers.splice(0)) one.close().closeAllConnections();
});

async function serving(answer: RequestListener): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked: () => asked };
}

describe("an issuer", () => {
  test("is asked, and its answer read", async () => {
    const { url } = await serving((_, response) => response.end('{"keys":[]}'));
    expect(await (await new IssuerFetch().fetch(url, {})).json()).toEqual({ keys: [] });
  });

  test("that answers without end is not read to it", async () => {
    const { url } = await serving((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
      };
      response.on("drain", more);
      more();
    });
    await expect(new IssuerFetch().fetch(url, {})).rejects.toMatchObject({ code: "peer_unreachable" });
  });

  test("that failed is not asked again at once, whoever sends how many tokens", async () => {
    const { url, asked } = await serving((_, response) => response.writeHead(500).end());
    const issuer = new IssuerFetch();
    for (let i = 0; i < 5; i++) await expect(issuer.fetch(url, {})).rejects.toMatchObject({ code: "peer_unreachable" });
    expect(asked()).toBe(1);
  });

  test("that is away counts by the keys that it gave last, for a day", async () => {
    let away = false;
    const { url } = await serving((_, response) => response.writeHead(away ? 503 : 200).end('{"keys":[1]}'));
    let now = 0;
    const issuer = new IssuerFetch(() => now);
    const keys = async (address = url) => (await issuer.fetchOrLast(address, {})).json();
    expect(await keys()).toEqual({ keys: [1] });
    away = true;
    now = 24 * 3_600_000;
    expect(await keys()).toEqual({ keys: [1] });
    await expect(keys(`${url}other`)).rejects.toMatchObject({ code: "peer_unreachable" });
    now++;
    await expect(keys()).rejects.toMatchObject({ code: "peer_unreachable" });
    away = false;
    now += 5000;
    expect(await keys()).toEqual({ keys: [1] });
  });

  test.each([
    "http://login.example/keys",
    "http://127.0.0.1.login.example/",
    "ftp://127.0.0.1/",
    "file:///etc/keys",
    "x",
  ])("is not asked in the clear: %s", (address) => {
    expect(() => secureAddress(address)).toThrow(expect.objectContaining({ code: "invalid_config" }));
  });

  test.each(["https://login.example/keys", "http://127.0.0.1:9/keys", "http://[::1]:9/keys", "http://localhost/"])(
    "may be asked over TLS, or on this machine: %s",
    (address) => {
      expect(secureAddress(address).href).toBe(address);
    },
  );
});
