/**
 * @file Results on their way to other systems: which wait, which were given up, and sending those again.
 */
import {
  DeliveryListSchema,
  type ListedDelivery,
  ListedDeliverySchema,
  SentAgainSchema,
} from "@fovea/core/contract/delivery";
import { Type } from "typebox";
import type { DeliveryRow } from "../../store/deliveries";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { HttpProblem } from "../problem";
import { CursorSchema, limitSchema, textSchema } from "../route-schemas";

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
      return { deliveries: page.deliveries.map(listed), next: page.next };
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
      if (found === undefined) throw new HttpProblem(404, "no such delivery; GET /deliveries names them");
      if (!isDestination(found.destination)) {
        throw new HttpProblem(
          409,
          "the settings have no destination of this name; enter it there, then the service sends it",
        );
      }
      const [again] = await sendAgain(found, callerOf(request).actor);
      if (again === undefined)
        throw new HttpProblem(409, "only what failed can be sent again; this was sent, or will be");
      return listed(again);
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
      if (!isDestination(name)) throw new HttpProblem(404, "no such PACS in destinations; GET /pacs names them");
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

function listed(row: DeliveryRow): ListedDelivery {
  const { deliveryId: id, kind, destination, state, attempts, reason = null } = row;
  const sentAt = row.sentAt?.toISOString() ?? null;
  return {
    ...{ id, study_uid: row.studyUid, kind, destination, state, attempts, reason },
    ...{ planned_at: row.plannedAt.toISOString(), sent_at: sentAt },
    next_at: state === "pending" ? row.nextAt.toISOString() : null,
  };
}
