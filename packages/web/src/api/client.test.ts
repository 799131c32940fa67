import { describe, expect, test } from "vitest";
import { createClient } from "./client";
import { type RequestError, reasonOf } from "./request-error";

/** A client whose service answers with `answer`; what it asked, and the keys that were not let in. */
function clientOf(answer: () => Response | Promise<Response>) {
  const asked: { path: string; init: RequestInit }[] = [];
  const refused: (string | undefined)[] = [];
  const fetch = (async (path: string, init: RequestInit) => {
    asked.push({ path, init });
    return answer();
  }) as typeof globalThis.fetch;
  const onUnauthorised = (key: string | undefined) => refused.push(key);
  const client = createClient({ key: () => "secret", language: () => "zh", onUnauthorised, fetch });
  return { client, asked, refused };
}

const problem = (status: number, headers = {}) =>
  new Response(JSON.stringify({ title: "Problem", status, detail: "the reason" }), { status, headers });

describe("the client", () => {
  test("sends the key in a header, never in the address, and the reader's language", async () => {
    const { client, asked } = clientOf(() => Response.json({ studies: [], next: null }));
    await client.studies({ modality: "CT" });
    expect(asked[0].path).toBe("studies?modality=CT");
    expect(asked[0].init.headers).toMatchObject({ Authorization: "Bearer secret", "Accept-Language": "zh" });
  });

  test("escapes what it puts into an address", async () => {
    const { client, asked } = clientOf(() => Response.json({}));
    await client.study("1.2/../3");
    expect(asked[0].path).toBe("studies/1.2%2F..%2F3");
  });

  test("tells which key is no longer accepted", async () => {
    const { client, refused } = clientOf(() => problem(401));
    await expect(client.session()).rejects.toMatchObject({ fault: "unauthorised" });
    expect(refused).toEqual(["secret"]);
  });

  test.each([
    [403, "forbidden"],
    [404, "missing"],
    [410, "missing"],
    [429, "busy"],
    [503, "busy"],
    [422, "refused"],
    [500, "refused"],
  ])("calls a status of %i %s, with the service's reason", async (status, fault) => {
    const { client } = clientOf(() => problem(status));
    await expect(client.review("a", "accepted")).rejects.toMatchObject({ fault, detail: "the reason" });
  });

  test("keeps how long the service wants to be left alone", async () => {
    const { client } = clientOf(() => problem(429, { "Retry-After": "7" }));
    await expect(client.image("1")).rejects.toMatchObject({ retryAfter: 7 });
  });

  test("tells a service that is away from one that answers nonsense", async () => {
    const away = clientOf(() => Promise.reject(new TypeError("failed to fetch")));
    await expect(away.client.models()).rejects.toMatchObject({ fault: "unreachable" });
    const nonsense = clientOf(() => new Response("<html>"));
    await expect(nonsense.client.models()).rejects.toMatchObject({ fault: "broken" });
  });

  test("believes the service about what it has kept", async () => {
    const { client } = clientOf(() => Response.json({ review: "rejected" }));
    expect(await client.review("a", "accepted")).toBe("rejected");
  });
});

describe("reasonOf", () => {
  test("says the reader's sentence first, then the service's words", async () => {
    const { client } = clientOf(() => problem(403));
    const error = await client.session().catch((one: RequestError) => one);
    expect(reasonOf(error, (key, parts) => (parts ? `${key}: ${parts.sentence}, ${parts.detail}` : key))).toBe(
      "error.detailed: error.forbidden, the reason",
    );
  });

  test("prefers what the service says in the reader's language", async () => {
    const { client } = clientOf(() =>
      Response.json({ title: "Problem", detail: "no such study", detail_shown: "没有该检查" }, { status: 404 }),
    );
    await expect(client.session()).rejects.toMatchObject({ fault: "missing", detail: "没有该检查" });
  });
});
