/**
 * @file Results on their way to other systems: which wait, which were given up, and sending those again.
 */
import {
  DeliveryListSchema,
  type ListedDelivery,
  ListedDeliverySchema,
  SentAgainSchema,
} from "@fovea/core/contract/delivery";
import type { Language } from "@fovea/core/language";
import { shownReason, tell } from "@fovea/core/reasons/tell";
import { Type } from "typebox";
import type { DeliveryRow } from "../../store/deliveries";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { HttpProblem } from "../problem";
import { languageOf } from "../request-language";
import { CursorSchema, LangSchema, limitSchema, textSchema } from "../route-schemas";

const ListQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Union([ListedDeliverySchema.properties.state, Type.Literal("not_sent")], {
        description: "not_sent: pending, sending or failed",
      }),
    ),
    destination: Type.Optional(textSchema(100, "As fovea.yaml names it, or named it")),
    after: CursorSchema,
    limit: limitSchema(500, 100),
    lang: LangSchema,
  },
  { additionalProperties: false },
);

export function deliveryRoutes(app: App, { config, store, wakePipeline }: RouteParts): void {
  const { deliveries, audit, database } = store;

  app.get(
    "/deliveries",
    {
      schema: {
        summary: "Results on their way to other systems, the latest first",
        querystring: ListQuery,
        response: { 200: DeliveryListSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { state, destination, after, limit = 100 } = request.query;
      const page = await deliveries.page({ state, destination }, { after, limit });
      const { actor } = callerOf(request);
      await audit.append({ actor, action: "delivery.list", details: { deliveries: page.deliveries.length } });
      return { deliveries: page.deliveries.map((row) => listed(row, languageOf(request))), next: page.next };
    },
  );
  app.post(
    "/deliveries/:id/again",
    {
      schema: {
        summary: "Send again what was given up; if the PACS has it, it is not sent twice",
        params: Type.Object({ id: Type.String({ format: "uuid" }) }),
        response: { 200: ListedDeliverySchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const found = await deliveries.find(request.params.id.toLowerCase());
      if (found === undefined) throw new HttpProblem(404, tell("noDelivery"));
      if (!isDestination(found.destination)) {
        throw new HttpProblem(409, tell("deliveryHomeless"));
      }
      const [again] = await sendAgain(found, callerOf(request).actor);
      if (again === undefined) throw new HttpProblem(409, tell("onlyFailedAgain"));
      return listed(again, languageOf(request));
    },
  );
  app.post(
    "/pacs/:name/again",
    {
      schema: {
        summary: "Send again all that was given up for a PACS; what it has is not sent twice",
        params: Type.Object({ name: textSchema(100, "As fovea.yaml names it") }),
        response: { 200: SentAgainSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { name } = request.params;
      if (!isDestination(name)) throw new HttpProblem(404, tell("noPacs"));
      const again = await sendAgain({ destination: name }, callerOf(request).actor);
      return { again: again.length };
    },
  );

  function isDestination(wanted: string): boolean {
    return config.destinations.some(({ name }) => name === wanted);
  }

  /** With an entry for each object: who wanted it. */
  async function sendAgain(which: Parameters<typeof deliveries.again>[0], actor: string): Promise<DeliveryRow[]> {
    const due = await database.transaction(async (sql) => {
      const again = await deliveries.again(which, sql);
      const entries = again.map(({ objectSopUid, destination, kind }) => ({
        ...{ actor, action: "delivery.again", subject: objectSopUid },
        details: { destination, kind },
      }));
      await audit.appendIn(sql, entries);
      return again;
    });
    wakePipeline();
    return due;
  }
}

function listed(row: DeliveryRow, language: Language): ListedDelivery {
  const { deliveryId: id, kind, destination, state, attempts, reason = null } = row;
  const sentAt = row.sentAt?.toISOString() ?? null;
  return {
    ...{ id, study_uid: row.studyUid, kind, destination, state, attempts },
    ...{ reason, reason_shown: shownReason(reason, language) },
    ...{ planned_at: row.plannedAt.toISOString(), sent_at: sentAt },
    next_at: state === "pending" ? row.nextAt.toISOString() : null,
  };
}
