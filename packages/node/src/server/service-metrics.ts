/**
 * @file Numbers for Prometheus. Labels are routes, codes and names from the configuration, never a client's own words.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** A value that is asked for when somebody reads the numbers. */
export type Reading = () => number | Promise<number>;

export class ServiceMetrics {
  readonly registry = new Registry();
  readonly #requests = new Counter({
    name: "fovea_http_requests_total",
    help: "Requests answered",
    labelNames: ["method", "route", "status"],
    registers: [this.registry],
  });
  readonly #latency = new Histogram({
    name: "fovea_http_request_seconds",
    help: "From the request's head to the end of its answer",
    labelNames: ["method", "route"],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #inference = new Histogram({
    name: "fovea_inference_seconds",
    help: "Time in the network, for each file",
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #analyses = new Counter({
    name: "fovea_analyses_total",
    help: "Files analysed, by what became of it",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly #received = new Counter({
    name: "fovea_received_instances_total",
    help: "Images received, by how they came and what became of them",
    labelNames: ["origin", "outcome"],
    registers: [this.registry],
  });
  readonly #deliveries = new Counter({
    name: "fovea_deliveries_total",
    help: "Attempts to send an object",
    labelNames: ["destination", "outcome"],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: "fovea_" });
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    this.#requests.inc({ method, route, status: String(status) });
    this.#latency.observe({ method, route }, seconds);
  }

  /** @param inferenceMs of what was analysed */
  analysed(outcome: "done" | "failed", inferenceMs?: number): void {
    this.#analyses.inc({ outcome });
    if (inferenceMs !== undefined) this.#inference.observe(inferenceMs / 1000);
  }

  received(origin: string, outcome: string): void {
    this.#received.inc({ origin, outcome });
  }

  delivered(destination: string, outcome: string): void {
    this.#deliveries.inc({ destination, outcome });
  }

  /** A number that is read when it is asked for: lengths of queues. */
  gauge(name: string, help: string, read: Reading): void {
    const gauge: Gauge = new Gauge({
      name: `fovea_${name}`,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
    gauge.set(0);
  }
}
