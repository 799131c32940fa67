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
 * @param defaultCharacterSet of texts in answers of C-FIND that name none; DICOMweb answers in UTF-8 (PS3.18 F.2)
 * @throws {FoveaError} `invalid_config` if it has neither
 */
export function openPeer(destination: DestinationConfig, defaultCharacterSet?: string): PacsPeer {
  if (destination.dimse) return dimsePeer(destination, { defaultCharacterSet });
  if (destination.dicomWeb) return dicomWebPeer(destination);
  const message = `destination ${JSON.stringify(destination.name)} has no address; give it dimse or dicomWeb`;
  throw new FoveaError("invalid_config", message);
}
