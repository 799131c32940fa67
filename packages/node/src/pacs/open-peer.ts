/**
 * @file A destination of the configuration as a peer.
 */
import { FoveaError } from "@fovea/core/errors";
import type { DestinationConfig } from "../config/service-config";
import { dicomWebPeer } from "./dicom-web-peer";
import { dimsePeer } from "./dimse-peer";
import type { PacsPeer } from "./peer";

/**
 * DIMSE where the destination has an address for it, else DICOMweb.
 *
 * @throws {FoveaError} `invalid_config` if it has neither
 */
export function openPeer(destination: DestinationConfig): PacsPeer {
  if (destination.dimse) return dimsePeer(destination);
  if (destination.dicomWeb) return dicomWebPeer(destination);
  const message = `destination ${JSON.stringify(destination.name)} has no address; give it dimse or dicomWeb`;
  throw new FoveaError("invalid_config", message);
}
