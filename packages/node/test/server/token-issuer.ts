/**
 * @file An issuer of tokens on loopback, with its discovery document and keys; for tests.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";

const AUDIENCE = "fovea";

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

export class TokenIssuer {
  readonly #server: Server;
  readonly #pair: KeyPair;
  readonly url: string;

  private constructor(server: Server, pair: KeyPair) {
    this.#server = server;
    this.#pair = pair;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<TokenIssuer> {
    const pair = await generateKeyPair("RS256", { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: "one", alg: "RS256", use: "sig" };
    const server = createServer((request, response) => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const answer = request.url === "/keys" ? { keys: [jwk] } : { issuer: url, jwks_uri: `${url}/keys` };
      response.setHeader("Content-Type", "application/json").end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TokenIssuer(server, pair);
  }

  /** A good token of a role. */
  good(role: string): Promise<string> {
    return this.#signed({ roles: [role] });
  }

  /** Tokens of an administrator that are wrong in one thing each, by what it is. */
  async bad(): Promise<Readonly<Record<string, string>>> {
    const now = Math.floor(Date.now() / 1000);
    const other = await generateKeyPair("RS256", { extractable: true });
    const elliptic = await generateKeyPair("ES256");
    const claims = this.#claims({ roles: ["admin"] });
    const good = await this.#signed({ roles: ["admin"] });
    const [head, body, signature] = good.split(".");
    const raised = Buffer.from(JSON.stringify({ ...claims, sub: "chief" })).toString("base64url");
    const none = new UnsecuredJWT(claims).encode();
    const shared = (secret: string, header: object = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "one", ...header }).sign(Buffer.from(secret));
    const embedded = await exportJWK(other.publicKey);
    return {
      "forged with another key": await new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", kid: "one" })
        .sign(other.privateKey),
      "with its own key in its header": await new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", kid: "one", jwk: embedded, jku: "http://127.0.0.1:9/keys" })
        .sign(other.privateKey),
      "of another algorithm and key": await new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: "one" })
        .sign(elliptic.privateKey),
      "with a key id that is a path": await new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", kid: "../../keys/vault" })
        .sign(other.privateKey),
      "with changed claims": `${head}.${raised}.${signature}`,
      "without its signature": `${head}.${body}.`,
      expired: await this.#signed({ roles: ["admin"], exp: now - 60 }),
      "without an end": await this.#signed({ roles: ["admin"], exp: undefined }),
      "not valid yet": await this.#signed({ roles: ["admin"], nbf: now + 600 }),
      "of a foreign issuer": await this.#signed({ roles: ["admin"], iss: "https://elsewhere.example" }),
      "of an issuer whose name begins alike": await this.#signed({ roles: ["admin"], iss: `${this.url}/` }),
      "for a foreign audience": await this.#signed({ roles: ["admin"], aud: "another-service" }),
      "for nobody": await this.#signed({ roles: ["admin"], aud: undefined }),
      "of nobody": await this.#signed({ roles: ["admin"], sub: undefined }),
      "of somebody with a line in the name": await this.#signed({ roles: ["admin"], sub: "a\nkey:b" }),
      "without a role": await this.#signed({ roles: [] }),
      "with a role that is none": await this.#signed({ roles: ["root", "__proto__", "toString"] }),
      "without an algorithm": none,
      "without an algorithm, in capitals": `${Buffer.from('{"alg":"NONE"}').toString("base64url")}.${none.split(".")[1]}.`,
      "under the public key as a secret": await shared(await exportSPKI(this.#pair.publicKey)),
      "under the public JWK as a secret": await shared(JSON.stringify(await exportJWK(this.#pair.publicKey))),
      "under an empty key id's secret": await shared("secret", { kid: "" }),
    };
  }

  close(): void {
    this.#server.close();
  }

  #claims(changes: object): Record<string, unknown> {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const all = { iss: this.url, aud: AUDIENCE, sub: "anna", exp, ...changes };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  #signed(changes: object): Promise<string> {
    return new SignJWT(this.#claims(changes))
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .sign(this.#pair.privateKey);
  }
}
